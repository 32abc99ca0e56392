/* Any content: what is kept of it is smaller, and inflates to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

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

/* The same for all inputs: nothing of one may show in the next. */
static struct deflater *need_deflater(unsigned bits)
{
	static struct deflater *deflaters[DEFLATER_WINDOW_MAX + 1];

	if (!deflaters[bits])
		deflaters[bits] = deflater_new(1, bits);
	return deflaters[bits];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice content = { (const char *)data, size };
	struct buf payload = { 0 };

	for (unsigned bits = DEFLATER_WINDOW_MIN; bits <= DEFLATER_WINDOW_MAX;
	     bits += 3) {
		payload.len = 0;
		if (deflater_append(need_deflater(bits), content, &payload))
			check(bits, content, &payload);
	}
	buf_fini(&payload);
	return 0;
}
