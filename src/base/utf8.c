/*
 * utf8: every payload that is JSON passes here once, whole, on the main
 * thread, so runs of ASCII are taken eight bytes at a time. What is not ASCII
 * is checked byte by byte against table 3-7 of the Unicode standard, which
 * says it all in the lead byte and the range of the second one.
 */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many bytes from p on are ASCII. */
static size_t ascii_len(const unsigned char *p, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; len - i >= sizeof word; i += sizeof word) {
		memcpy(&word, p + i, sizeof word);
		if (word & HIGH_BITS)
			break;
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

/* U+0080..9F are c2 80..9f, and c2 is nothing but a lead byte. */
static bool is_c1_control(const unsigned char *p, size_t left)
{
	return p[0] == 0xc2 && left > 1 && p[1] < 0xa0;
}

/* Whether it is not empty, valid UTF-8 and without control characters. */
static bool is_printable(struct slice name)
{
	const unsigned char *p = (const unsigned char *)name.ptr;

	for (size_t i = 0; i < name.len; i++)
		if (p[i] < 0x20 || p[i] == 0x7f ||
		    is_c1_control(p + i, name.len - i))
			return false;
	return name.len > 0 && utf8_is_valid(name, NULL);
}

bool room_name_is_valid(struct slice name)
{
	return name.len <= ROOM_NAME_MAX && is_printable(name) &&
	       !memchr(name.ptr, ',', name.len);
}

bool user_name_is_valid(struct slice name)
{
	return name.len <= USER_NAME_MAX && is_printable(name);
}
