#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/mem.h"

void buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_wipe(struct buf *b)
{
	if (b->cap > 0)
		explicit_bzero(b->data, b->cap);
	buf_fini(b);
}

/* For at least so many more bytes: the first is how many there is room for. */
static int grow(struct buf *b, size_t cap, size_t extra)
{
	char *data;

	if (extra <= b->cap - b->len)
		return 0;
	if (extra > SIZE_MAX / 4 - b->len)
		return -ENOMEM;
	while (cap - b->len < extra)
		cap *= 2;
	data = try_realloc(b->data, cap);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

int buf_reserve(struct buf *b, size_t extra)
{
	return grow(b, b->cap ? b->cap : 64, extra);
}

int buf_reserve_last(struct buf *b, size_t extra)
{
	return grow(b, b->len + extra, extra);
}

int buf_append(struct buf *b, const void *p, size_t len)
{
	if (len == 0)
		return 0;
	if (buf_reserve(b, len) < 0)
		return -ENOMEM;
	memcpy(b->data + b->len, p, len);
	b->len += len;
	return 0;
}

void buf_putn(struct buf *b, const char *p, size_t len)
{
	if (buf_append(b, p, len) < 0)
		fatal("mem", "out of memory");
}

void buf_puts(struct buf *b, const char *text)
{
	buf_putn(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || buf_reserve(b, (size_t)len + 1) < 0)
		fatal("mem", "out of memory");
	va_start(args, format);
	(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void buf_consume(struct buf *b, size_t count)
{
	assert(count <= b->len);
	if (count == 0)
		return;
	memmove(b->data, b->data + count, b->len - count);
	b->len -= count;
}
