/*
 * mark: what each instance publishes now and then on a channel that all hear,
 * `1 ID PREV COUNT DIGEST GROUP`. From a mark on, all count payloads alike:
 * the id of one is that of the last mark, and how many have come since.
 *
 *   ID      is published once, and never again
 *   PREV    the sender's own mark that it heard last, or `-`
 *   COUNT   how many payloads it has heard between that one and the one that
 *   DIGEST  PREV named as its own PREV, and their digest (proto/stretch)
 *   GROUP   of the channels that it hears: who hears others counts others
 *
 * The numbers are decimal, then hexadecimal with 16 digits. Pure; any thread.
 */
#ifndef PROTO_MARK_H
#define PROTO_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/names.h"
#include "proto/stretch.h"

enum {
	MARK_MAX = 2 + MARK_ID_MAX + 1 + MARK_ID_MAX + 1 + 19 + 2 * 17,
};

struct mark {
	struct slice id;
	struct slice prev; /* empty: there is none */
	struct stretch stretch;
	uint64_t group;
};

/* Write a mark whose ids are good ones. The text without the NUL behind it. */
struct slice mark_write(const struct mark *m, char out[MARK_MAX + 1]);

/*
 * Read one; false when the text is none, to the letter. The slices are those
 * of the text.
 */
bool mark_read(struct mark *m, struct slice text)
    __attribute__((warn_unused_result));

/* The group of those who hear these channels, in this order. */
uint64_t mark_group(const struct slice *channels, size_t count);

#endif
