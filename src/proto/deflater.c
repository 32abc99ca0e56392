#include "proto/deflater.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"

enum {
	TAIL = 4, /* 00 00 ff ff, which every flush ends in */
	MEM_LEVEL_MAX = 8,
};

struct deflater {
	int level;
	unsigned window_bits;
	z_stream stream;
	bool is_open; /* the stream */
};

struct deflater *deflater_new(int level, unsigned window_bits)
{
	struct deflater *d = xcalloc(1, sizeof *d);

	assert(window_bits >= DEFLATER_WINDOW_MIN &&
	       window_bits <= DEFLATER_WINDOW_MAX);
	d->level = level;
	d->window_bits = window_bits;
	return d;
}

void deflater_free(struct deflater *d)
{
	if (!d)
		return;
	if (d->is_open)
		(void)deflateEnd(&d->stream);
	free(d);
}

/*
 * As many hash chains as the window has bytes: that is 38 kB for 12 bits and
 * 260 kB for 15, and every message begins by clearing the table of chains.
 */
static int mem_level(unsigned window_bits)
{
	int level = (int)window_bits - 7;

	return level < MEM_LEVEL_MAX ? level : MEM_LEVEL_MAX;
}

/* The stream, ready for a message; NULL: memory is out. */
static z_stream *need_stream(struct deflater *d)
{
	z_stream *z = &d->stream;

	if (d->is_open)
		return deflateReset(z) == Z_OK ? z : NULL;
	/* A negative number of bits: no header and no checksum around it. */
	if (deflateInit2(z, d->level, Z_DEFLATED, -(int)d->window_bits,
		mem_level(d->window_bits), Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	d->is_open = true;
	return z;
}

bool deflater_append(struct deflater *d, struct slice content, struct buf *out)
{
	/* A payload that is no smaller fills this space, and zlib stops. */
	size_t space = content.len + TAIL;
	z_stream *z;

	if (content.len == 0 || space > UINT_MAX)
		return false;
	z = need_stream(d);
	if (!z || buf_reserve(out, space) < 0)
		return false;
	z->next_in = (const Bytef *)content.ptr;
	z->avail_in = (uInt)content.len;
	z->next_out = (Bytef *)out->data + out->len;
	z->avail_out = (uInt)space;
	/* Where all of the space is filled, the flush may not be complete. */
	if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_out == 0)
		return false;
	out->len += space - z->avail_out - TAIL;
	return true;
}

const char *deflater_library(void)
{
	return zlibVersion();
}
