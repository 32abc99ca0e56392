/*
 * utf8: every payload that is JSON passes here once, whole, on the main
 * thread, so runs of ASCII are taken sixteen bytes at a time. What is not ASCII
 * is checked byte by byte against table 3-7 of the Unicode standard, which
 * says it all in the lead byte and the range of the second one.
 */
#include "base/utf8.h"

#include "base/bytes16.h"

/* How many bytes from p on are ASCII. */
static size_t ascii_len(const unsigned char *p, size_t len)
{
	size_t i = 0;

	for (; len - i >= sizeof(bytes16); i += sizeof(bytes16)) {
		bytes16 bytes = bytes16_load((const char *)p + i);
		unsigned ascii =
		    bytes16_first(bytes & bytes16_each((char)0x80));

		if (ascii < sizeof bytes)
			return i + ascii;
	}
	while (i < len && p[i] < 0x80)
		i++;
	return i;
}

static size_t lead_len(unsigned char lead)
{
	if (lead >= 0xc2 && lead <= 0xdf) /* c0 and c1 begin overlong forms */
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* Overlong forms, surrogates and what is above U+10FFFF end here. */
static bool is_second(unsigned char lead, unsigned char c)
{
	unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

	return c >= low && c <= high;
}

/* The length of the well-formed sequence at p, or 0 when there is none. */
static size_t sequence_len(const unsigned char *p, size_t left)
{
	size_t len = lead_len(p[0]);

	if (len == 0 || left < len || !is_second(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool utf8_is_valid(struct slice s, size_t *bad_at)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	for (size_t i = 0; i < s.len;) {
		size_t step = p[i] < 0x80 ? ascii_len(p + i, s.len - i)
					  : sequence_len(p + i, s.len - i);

		if (step == 0) {
			if (bad_at)
				*bad_at = i;
			return false;
		}
		i += step;
	}
	return true;
}

size_t utf8_fit(struct slice s, size_t max)
{
	size_t len = max;

	if (s.len <= max)
		return s.len;
	while (len > 0 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
		len--;
	return len;
}
