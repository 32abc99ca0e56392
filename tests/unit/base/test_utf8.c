/*
 * utf8: against a model that decodes first and judges the number, over all
 * short byte strings; and what may name a room.
 */
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "rng.h"
#include "unit.h"

/* The length of the sequence at p by decoding it, or 0. */
static size_t model_len(const unsigned char *p, size_t left)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point = p[0];
	size_t len = 1;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc0 || p[0] > 0xf7)
		return 0;
	while (point & (0x80u >> len))
		len++;
	point &= 0x7fu >> len;
	if (left < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point < lowest[len] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return len;
}

static size_t model_bad_at(const unsigned char *p, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t step = model_len(p + at, len - at);

		if (step == 0)
			break;
		at += step;
	}
	return at;
}

static void agree(const unsigned char *p, size_t len)
{
	size_t expected = model_bad_at(p, len);
	size_t bad_at = len;
	bool valid = utf8_is_valid(slice_of((const char *)p, len), &bad_at);

	if (valid != (expected == len) || bad_at != expected)
		ck_abort_msg("%02x %02x %02x %02x of %zu: bad at %zu, not %zu",
		    p[0], p[1], p[2], p[3], len, bad_at, expected);
}

START_TEST(every_string_of_up_to_three_bytes_is_judged_as_by_decoding)
{
	unsigned char p[4] = { 0 };

	for (uint32_t i = 0; i < 1u << 24; i++) {
		p[0] = (unsigned char)(i >> 16);
		p[1] = (unsigned char)(i >> 8);
		p[2] = (unsigned char)i;
		if (p[0] < 0x80 && (i & 0x707f) != 0)
			continue; /* most ASCII starts tell nothing new */
		agree(p, 1);
		agree(p, 2);
		agree(p, 3);
	}
}
END_TEST

START_TEST(four_byte_forms_are_judged_as_by_decoding)
{
	static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90,
		0x9f, 0xa0, 0xbf, 0xc0, 0xff };
	unsigned char p[4];

	for (unsigned lead = 0xef; lead <= 0xff; lead++)
		for (unsigned second = 0; second <= 0xff; second++)
			for (size_t i = 0; i < sizeof edges * sizeof edges;
			     i++) {
				p[0] = (unsigned char)lead;
				p[1] = (unsigned char)second;
				p[2] = edges[i / sizeof edges];
				p[3] = edges[i % sizeof edges];
				agree(p, 4);
			}
}
END_TEST

/* The eight-byte steps must not hide a byte wherever it stands. */
START_TEST(one_bad_byte_is_found_at_every_place_of_a_long_text)
{
	for (size_t len = 1; len < 70; len++) {
		for (size_t at = 0; at < len; at++) {
			char *text = malloc(len);
			size_t bad_at = len;

			memset(text, 'a', len);
			text[at] = (char)0xff;
			ck_assert(!utf8_is_valid(slice_of(text, len), &bad_at));
			ck_assert_uint_eq(bad_at, at);
			text[at] = 'b';
			ck_assert(utf8_is_valid(slice_of(text, len), NULL));
			free(text);
		}
	}
}
END_TEST

START_TEST(random_mixtures_are_judged_as_by_decoding)
{
	static const char *const pieces[] = { "a", "abcdefgh", "\xc3\xa9",
		"\xe6\xbc\xa2", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\xc3",
		"\xf4\x90\x80\x80", "\x80", "" };
	uint64_t seed = 7;

	for (int i = 0; i < 20000; i++) {
		char text[256] = "";

		for (uint64_t n = rng_below(&seed, 20); n > 0; n--)
			strcat(text, pieces[rng_below(&seed, 10)]);
		agree((const unsigned char *)text, strlen(text));
	}
}
END_TEST

START_TEST(nothing_is_valid_utf8)
{
	ck_assert(utf8_is_valid(slice_of(NULL, 0), NULL));
}
END_TEST

START_TEST(control_characters_have_one_byte_or_two)
{
	for (int c = 0; c < 0x80; c++)
		ck_assert_uint_eq(
		    utf8_control_len(slice_of((char[]){ (char)c }, 1)),
		    c < 0x20 || c == 0x7f);
	ck_assert_uint_eq(utf8_control_len(slice_str("\xc2\x80")), 2);
	ck_assert_uint_eq(utf8_control_len(slice_str("\xc2\x9f")), 2);
	ck_assert_uint_eq(utf8_control_len(slice_str("\xc2\xa0")), 0);
	ck_assert_uint_eq(utf8_control_len(slice_str("\xc3\x80")), 0);
	ck_assert_uint_eq(utf8_control_len(slice_str("\xc2")), 0);
	ck_assert_uint_eq(utf8_control_len(slice_str("")), 0);
}
END_TEST

START_TEST(a_text_is_cut_between_characters)
{
	struct slice s = slice_str("a\xc3\xa4\xf0\x9f\x98\x80");

	ck_assert_uint_eq(utf8_fit(s, 0), 0);
	ck_assert_uint_eq(utf8_fit(s, 1), 1);
	ck_assert_uint_eq(utf8_fit(s, 2), 1);
	ck_assert_uint_eq(utf8_fit(s, 3), 3);
	ck_assert_uint_eq(utf8_fit(s, 6), 3);
	ck_assert_uint_eq(utf8_fit(s, 7), 7);
	ck_assert_uint_eq(utf8_fit(s, 99), 7);
	ck_assert_uint_eq(utf8_fit(slice_str("\x80\x80"), 1), 0);
}
END_TEST

UNIT_MAIN("base/utf8",
    every_string_of_up_to_three_bytes_is_judged_as_by_decoding,
    four_byte_forms_are_judged_as_by_decoding,
    one_bad_byte_is_found_at_every_place_of_a_long_text,
    random_mixtures_are_judged_as_by_decoding, nothing_is_valid_utf8,
    control_characters_have_one_byte_or_two, a_text_is_cut_between_characters)
