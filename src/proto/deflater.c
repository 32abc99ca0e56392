#include "proto/deflater.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"
#include "proto/deflate_offer.h"

enum {
	WINDOWS = DEFLATE_WINDOW_MAX - DEFLATE_WINDOW_MIN + 1,
	TAIL = 4, /* 00 00 ff ff, which every flush ends in */
	MEM_LEVEL_MAX = 8,
};

struct deflater {
	int level;
	struct {
		z_stream stream;
		bool is_open;
	} windows[WINDOWS];
};

struct deflater *deflater_new(int level)
{
	struct deflater *d = xcalloc(1, sizeof *d);

	d->level = level;
	return d;
}

void deflater_free(struct deflater *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < WINDOWS; i++)
		if (d->windows[i].is_open)
			(void)deflateEnd(&d->windows[i].stream);
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

/* The stream for this window, ready for a message; NULL: memory is out. */
static z_stream *need_stream(struct deflater *d, unsigned window_bits)
{
	unsigned i = window_bits - DEFLATE_WINDOW_MIN;
	z_stream *z = &d->windows[i].stream;

	if (d->windows[i].is_open)
		return deflateReset(z) == Z_OK ? z : NULL;
	/* A negative number of bits: no header and no checksum around it. */
	if (deflateInit2(z, d->level, Z_DEFLATED, -(int)window_bits,
		mem_level(window_bits), Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	d->windows[i].is_open = true;
	return z;
}

bool deflater_append(struct deflater *d, unsigned window_bits,
    struct slice content, struct buf *out)
{
	/* One byte of a payload that is no smaller still fits: it then ends. */
	size_t space = content.len + TAIL;
	z_stream *z;

	assert(window_bits >= DEFLATE_WINDOW_MIN &&
	       window_bits <= DEFLATE_WINDOW_MAX);
	if (content.len == 0 || space > UINT_MAX)
		return false;
	z = need_stream(d, window_bits);
	if (!z || buf_reserve(out, space) < 0)
		return false;
	z->next_in = (const Bytef *)content.ptr;
	z->avail_in = (uInt)content.len;
	z->next_out = (Bytef *)out->data + out->len;
	z->avail_out = (uInt)space;
	/* Where it fills all of the space, the flush may not be complete. */
	if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_out == 0)
		return false;
	out->len += space - z->avail_out - TAIL;
	return true;
}
