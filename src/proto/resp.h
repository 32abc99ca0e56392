/*
 * resp: Redis' protocol (RESP2), by the reply reader of hiredis.
 *
 * What publishers say at the embedded port is read so. Our reply functions
 * build no tree: a value is one flat array of items in memory that is used
 * again for the next value, so reading allocates nothing once it is warm. What
 * a Redis server says is read by resp_values and resp_items, which are held
 * against this one in their tests.
 */
#ifndef PROTO_RESP_H
#define PROTO_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum {
	RESP_MAX_ITEMS = 64,
	RESP_MAX_LINE = 65536, /* a line: status, error, inline command */
};

enum resp_type {
	RESP_STRING,
	RESP_STATUS,
	RESP_ERROR,
	RESP_INTEGER,
	RESP_NIL,
	RESP_ARRAY, /* proto/resp_items only */
};

struct resp_item {
	enum resp_type type;
	struct slice text; /* string, status, error */
};

/* One value: a scalar has one item, a flat array as many as it holds. */
struct resp_value {
	bool is_array;
	size_t count;
	const struct resp_item *items; /* valid until the next resp_next */
};

struct resp_reader;

/*
 * A reader that refuses strings longer than max_string by their header,
 * before it buffers them, arrays with more than RESP_MAX_ITEMS, and arrays
 * in arrays. Aborts when memory is out.
 */
struct resp_reader *resp_reader_new(size_t max_string);
void resp_reader_free(struct resp_reader *r);

/* Change the limit for what is read from now on. */
void resp_reader_set_max(struct resp_reader *r, size_t max_string);

/*
 * Feed at most RESP_FEED_MAX bytes at a time: hiredis moves what it has not
 * parsed yet, over and over. A message of 200 bytes takes 69 ns when 16 KiB
 * are fed, 75 at 32 KiB, 113 at 64 KiB, 400 at 256 KiB. Returns 0, or -ENOMEM;
 * the reader is then useless.
 */
enum { RESP_FEED_MAX = 32 * 1024 };
int resp_feed(struct resp_reader *r, const char *bytes, size_t len)
    __attribute__((warn_unused_result));

/*
 * The next whole value: 1 and *value filled, 0 when more bytes are needed,
 * -EPROTO (e filled) when what came is not RESP or is too large; the reader is
 * then useless.
 */
int resp_next(struct resp_reader *r, struct resp_value *value, struct err *e)
    __attribute__((warn_unused_result));

/*
 * As resp_next, for the server's side: the next command, an array of at least
 * one string. A line that does not begin with '*' is an inline command, its
 * words are given as if they had come as an array; empty ones are skipped.
 */
int resp_next_command(struct resp_reader *r, struct resp_value *value,
    struct err *e) __attribute__((warn_unused_result));

/* The version of hiredis that it was built with. */
const char *resp_library(void);

#endif
