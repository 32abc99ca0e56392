/* Any content: what is kept of it is smaller, and inflates to the same. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "proto/deflate_offer.h"
#include "proto/deflater.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(unsigned bits, struct slice content, struct buf *payload)
{
	char *back = malloc(content.len + 1);
	z_stream z = { 0 };

	must(back && payload->len < content.len);
	buf_putn(payload, "\x00\x00\xff\xff", 4);
	must(inflateInit2(&z, -(int)bits) == Z_OK);
	z.next_in = (Bytef *)payload->data;
	z.avail_in = (uInt)payload->len;
	z.next_out = (Bytef *)back;
	z.avail_out = (uInt)content.len + 1;
	must(inflate(&z, Z_SYNC_FLUSH) == Z_OK);
	must(z.avail_out == 1 && memcmp(back, content.ptr, content.len) == 0);
	must(inflateEnd(&z) == Z_OK);
	free(back);
}

/* One for all inputs: nothing of one may show in the next. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct deflater *deflater;
	struct slice content = { (const char *)data, size };
	struct buf payload = { 0 };

	if (!deflater)
		deflater = deflater_new(1);
	for (unsigned bits = DEFLATE_WINDOW_MIN; bits <= DEFLATE_WINDOW_MAX;
	     bits += 3) {
		payload.len = 0;
		if (deflater_append(deflater, bits, content, &payload))
			check(bits, content, &payload);
	}
	buf_fini(&payload);
	return 0;
}
