/*
 * base64url: see base64url.h. OpenSSL's decoder knows the other alphabet only,
 * wants padding, and takes white space and loose bits.
 */
#include "base/base64url.h"

#include <errno.h>
#include <stdint.h>

/* The six bits that a character stands for, or -1. */
static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

long base64url_decode(struct slice text, unsigned char *out)
{
	unsigned char *to = out;
	uint32_t pending = 0; /* bits that do not fill a byte yet */
	unsigned bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = sextet(text.ptr[i]);

		if (value < 0)
			return -EINVAL;
		pending = pending << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (unsigned char)(pending >> bits);
			pending &= (1u << bits) - 1;
		}
	}
	if (bits == 6 || pending != 0) /* half a byte, or loose bits */
		return -EINVAL;
	return to - out;
}
