#include "inflater.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"

enum { WINDOW_BITS = 15 };

struct inflater {
	z_stream stream;
	size_t max;
	char *out; /* owned; one byte more than max */
};

struct inflater *inflater_new(size_t max)
{
	struct inflater *f = xcalloc(1, sizeof *f);

	if (inflateInit2(&f->stream, -WINDOW_BITS) != Z_OK)
		abort();
	f->max = max;
	f->out = xmalloc(max + 1);
	return f;
}

void inflater_free(struct inflater *f)
{
	if (!f)
		return;
	(void)inflateEnd(&f->stream);
	free(f->out);
	free(f);
}

static int feed(z_stream *z, const void *data, size_t len)
{
	z->next_in = data;
	z->avail_in = (uInt)len;
	if (len > 0 && inflate(z, Z_SYNC_FLUSH) != Z_OK)
		return -1;
	return z->avail_in == 0 ? 0 : -1;
}

struct slice inflater_run(struct inflater *f, struct slice payload)
{
	static const unsigned char tail[] = { 0x00, 0x00, 0xff, 0xff };
	z_stream *z = &f->stream;

	if (inflateReset(z) != Z_OK)
		return slice_of(NULL, 0);
	z->next_out = (Bytef *)f->out;
	z->avail_out = (uInt)(f->max + 1);
	if (feed(z, payload.ptr, payload.len) < 0 ||
	    feed(z, tail, sizeof tail) < 0 || z->avail_out == 0)
		return slice_of(NULL, 0);
	return slice_of(f->out, f->max + 1 - z->avail_out);
}
