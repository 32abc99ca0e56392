/*
 * resp_items: what a Redis server says, item by item, where proto/resp would
 * have to hold too much or refuse it: arrays in arrays, of any length. A reply
 * of a hundred entries of a megabyte each takes the memory of one string, and
 * a string that is longer than that passes by. How the items nest is the
 * matter of who reads them.
 */
#ifndef PROTO_RESP_ITEMS_H
#define PROTO_RESP_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "proto/resp.h"

enum {
	RESP_ITEMS_MAX_COUNT = INT32_MAX, /* that an array may announce */
};
/* That a string may announce, also one that passes by. */
#define RESP_ITEMS_MAX_LENGTH UINT32_MAX

struct resp_part {
	enum resp_type type;
	/* String, status, error; valid until the next call of the reader. */
	struct slice text;
	/*
	 * The integer; of RESP_ARRAY, how many items follow for it; of a
	 * string, its bytes: where they are too many, text has none.
	 */
	int64_t number;
};

/*
 * An item with all that belongs to it, of any depth: its parts are counted
 * until they have come.
 */
struct resp_whole {
	uint64_t left;
};
static inline void resp_whole_begin(struct resp_whole *w)
{
	w->left = 1;
}
/* True: that was the last part of it. */
bool resp_whole_take(struct resp_whole *w, const struct resp_part *part);

struct resp_items;

/*
 * A reader that lets strings longer than max_string pass by. Aborts when
 * memory is out.
 */
struct resp_items *resp_items_new(size_t max_string);
/* NULL is fine. */
void resp_items_free(struct resp_items *r);

/* From the next string on, another max_string. */
void resp_items_set_max(struct resp_items *r, size_t max_string);

/* Feed what was read. 0, or -ENOMEM: the reader is then useless. */
int resp_items_feed(struct resp_items *r, struct slice bytes)
    __attribute__((warn_unused_result));

/*
 * The next item: 1 and *part filled, 0 when more bytes are needed, -EPROTO (e
 * filled) when what came is not RESP2 or beyond its bounds; the reader is then
 * useless. The null of RESP3 is taken as well.
 */
int resp_items_next(struct resp_items *r, struct resp_part *part, struct err *e)
    __attribute__((warn_unused_result));

/* What was fed and is in no item yet; valid until the next call. */
struct slice resp_items_rest(const struct resp_items *r);

#endif
