/*
 * buf: bytes that grow at the end. Zero-initialised is empty and valid.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/slice.h"

struct buf {
	char *data; /* owned; NULL until the first byte */
	size_t len;
	size_t cap;
};

/* Free the bytes and make b empty again. */
void buf_fini(struct buf *b);

/* As buf_fini for what may be secret: the bytes are overwritten first. */
void buf_wipe(struct buf *b);

/*
 * Make room for extra more bytes behind len. Returns 0, or -ENOMEM with b
 * unchanged.
 */
int buf_reserve(struct buf *b, size_t extra)
    __attribute__((warn_unused_result));

/* The same where nothing follows those bytes: with room for no more. */
int buf_reserve_last(struct buf *b, size_t extra)
    __attribute__((warn_unused_result));

/* Append; 0, or -ENOMEM with b unchanged. */
int buf_append(struct buf *b, const void *p, size_t len)
    __attribute__((warn_unused_result));

/*
 * Append text that the program itself makes (pages, dumps); abort when memory
 * is out.
 */
void buf_puts(struct buf *b, const char *text);
void buf_putn(struct buf *b, const char *p, size_t len);
void buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drop the first count bytes (at most len); what is left moves to the front. */
void buf_consume(struct buf *b, size_t count);

/* The bytes of b; valid until its next change. */
static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->data, b->len);
}

#endif
