/*
 * json_write: JSON (RFC 8259), member by member. What has to be escaped is;
 * commas stand where they must.
 */
#ifndef PROTO_JSON_WRITE_H
#define PROTO_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * Append the text as a string, in its quotes. Bytes that are no UTF-8 are
 * replaced: U+FFFD for each. Aborts when memory is out.
 */
void json_put_string(struct buf *out, struct slice text);

/*
 * Begin an object or an array, by its bracket, as the next member of what is
 * open; key is a literal, NULL in an array and at the top. Aborts when memory
 * is out, as all here.
 */
void json_begin(struct buf *out, const char *key, char bracket);

/* End it, by the other bracket. */
static inline void json_end(struct buf *out, char bracket)
{
	buf_putn(out, &bracket, 1);
}

/* The next member of what is open; key as above. */
void json_add_text(struct buf *out, const char *key, struct slice text);
void json_add_int(struct buf *out, const char *key, int64_t value);
void json_add_bool(struct buf *out, const char *key, bool value);
void json_add_null(struct buf *out, const char *key);

/* A number with one digit behind its point, given in tenths. */
void json_add_tenths(struct buf *out, const char *key, uint64_t tenths);

#endif
