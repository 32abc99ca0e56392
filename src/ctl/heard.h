/*
 * heard: a message as roomcastctl listen prints it: for people a line, for
 * programs a JSON object a line.
 */
#ifndef CTL_HEARD_H
#define CTL_HEARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* A message with ids, taken apart (docs/delivery.md); slices into it. */
struct heard {
	struct slice id;   /* empty: it has none */
	struct slice note; /* a word; empty: it is a message */
	struct slice payload;
	bool has_line; /* it begins with that line at all */
	bool is_text;
};

/*
 * Take a message apart; with_ids: the client has come with a cursor. What has
 * no such line is a payload whole.
 */
struct heard heard_parse(bool with_ids, bool is_text, struct slice bytes);

/* Append a line about it, at a time in ms since 1970. */
void heard_put_text(const struct heard *h, int64_t wall_ms, struct buf *out);
void heard_put_json(const struct heard *h, int64_t wall_ms, struct buf *out);

#endif
