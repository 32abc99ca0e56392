/* Payloads of permessage-deflate: zlib's own inflater must give it back. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../base/rng.h"
#include "proto/deflater.h"
#include "unit.h"

/* Inflate as a client with this window does; returns the length. */
static size_t inflate_all(
    unsigned window_bits, struct slice payload, char *out, size_t max)
{
	unsigned char *in = malloc(payload.len + 4);
	z_stream z = { 0 };

	ck_assert_ptr_nonnull(in);
	memcpy(in, payload.ptr, payload.len);
	memcpy(in + payload.len, "\x00\x00\xff\xff", 4);
	ck_assert_int_eq(inflateInit2(&z, -(int)window_bits), Z_OK);
	z.next_in = in;
	z.avail_in = (uInt)(payload.len + 4);
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)max;
	ck_assert_int_eq(inflate(&z, Z_SYNC_FLUSH), Z_OK);
	ck_assert_uint_eq(z.avail_in, 0);
	ck_assert_int_eq(inflateEnd(&z), Z_OK);
	free(in);
	return max - z.avail_out;
}

static void check_round(
    struct deflater *d, unsigned window_bits, struct slice content)
{
	struct buf out = { 0 };
	char *back = malloc(content.len + 1);

	ck_assert(deflater_append(d, content, &out));
	ck_assert_uint_lt(out.len, content.len);
	ck_assert_uint_eq(
	    inflate_all(window_bits, buf_slice(&out), back, content.len + 1),
	    content.len);
	ck_assert_mem_eq(back, content.ptr, content.len);
	free(back);
	buf_fini(&out);
}

/* Words of a small dictionary: compressible far beyond every window. */
static struct slice make_text(char *out, size_t len, uint64_t seed)
{
	static const char *const words[] = { "{\"room\":\"", "lobby\",", "1",
		"\"user\":", "\"anna\"}", "42,", "\xc3\xa9", "message" };
	uint64_t rng = seed;
	size_t at = 0;

	while (at < len) {
		const char *word = words[rng_next(&rng) % 8];
		size_t n = strlen(word) < len - at ? strlen(word) : len - at;

		memcpy(out + at, word, n);
		at += n;
	}
	return slice_of(out, len);
}

START_TEST(every_window_and_level_gives_back_what_went_in)
{
	static const size_t sizes[] = { 40, 256, 1024, 16384, 70000, 1 << 20 };
	char *text = malloc(1 << 20);

	for (int level = 1; level <= 9; level += 4)
		for (unsigned bits = DEFLATER_WINDOW_MIN;
		     bits <= DEFLATER_WINDOW_MAX; bits++) {
			struct deflater *d = deflater_new(level, bits);

			for (size_t i = 0; i < 6; i++)
				check_round(
				    d, bits, make_text(text, sizes[i], 7 + i));
			deflater_free(d);
		}
	free(text);
}
END_TEST

START_TEST(a_message_does_not_depend_on_the_one_before)
{
	struct deflater *d = deflater_new(1, 12);
	struct buf first = { 0 }, again = { 0 };
	char text[1000];
	struct slice content = make_text(text, sizeof text, 1);

	ck_assert(deflater_append(d, content, &first));
	ck_assert(deflater_append(d, content, &again));
	ck_assert(slice_eq(buf_slice(&first), buf_slice(&again)));
	buf_fini(&first);
	buf_fini(&again);
	deflater_free(d);
}
END_TEST

START_TEST(results_stand_one_behind_the_other)
{
	struct deflater *d = deflater_new(1, 9);
	struct buf out = { 0 };
	char text[1000], back[1001];
	struct slice content = make_text(text, sizeof text, 1);
	size_t first;

	ck_assert(deflater_append(d, content, &out));
	first = out.len;
	ck_assert(deflater_append(d, content, &out));
	ck_assert_uint_eq(
	    inflate_all(9, slice_of(out.data, first), back, 1001), 1000);
	ck_assert_uint_eq(
	    inflate_all(9, slice_after(buf_slice(&out), first), back, 1001),
	    1000);
	buf_fini(&out);
	deflater_free(d);
}
END_TEST

START_TEST(what_does_not_shrink_is_left_alone)
{
	struct deflater *d = deflater_new(1, 12);
	struct buf out = { 0 };
	char noise[5000];
	uint64_t rng = 3;
	char text[1000];

	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (char)rng_next(&rng);
	for (size_t len = 0; len <= sizeof noise; len += len < 20 ? 1 : 997)
		ck_assert(!deflater_append(d, slice_of(noise, len), &out));
	ck_assert_uint_eq(out.len, 0);
	/* The stream that gave up half way is as good as new. */
	check_round(d, 12, make_text(text, sizeof text, 1));
	buf_fini(&out);
	deflater_free(d);
}
END_TEST

START_TEST(the_edge_between_smaller_and_not_is_exact)
{
	struct deflater *d = deflater_new(1, 9);
	char text[64], back[65];

	/* From all different to all the same: somewhere it begins to shrink. */
	for (size_t same = 0; same <= sizeof text; same++) {
		struct buf out = { 0 };

		for (size_t i = 0; i < sizeof text; i++)
			text[i] = i < same ? 'a' : (char)(128 + 2 * i);
		if (deflater_append(d, slice_of(text, sizeof text), &out)) {
			ck_assert_uint_lt(out.len, sizeof text);
			ck_assert_uint_eq(
			    inflate_all(9, buf_slice(&out), back, 65), 64);
			ck_assert_mem_eq(back, text, 64);
		} else {
			ck_assert_uint_lt(same, 16);
		}
		buf_fini(&out);
	}
	deflater_free(d);
}
END_TEST

UNIT_MAIN("proto/deflater", every_window_and_level_gives_back_what_went_in,
    a_message_does_not_depend_on_the_one_before,
    results_stand_one_behind_the_other, what_does_not_shrink_is_left_alone,
    the_edge_between_smaller_and_not_is_exact)
