/*
 * base64url: see base64url.h. OpenSSL knows the other alphabet only, and
 * padding; its decoder wants that, and takes white space and loose bits.
 */
#include "base/base64url.h"

#include <errno.h>
#include <stdint.h>

void base64url_encode(const unsigned char *bytes, size_t len, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	uint32_t pending = 0; /* its low bits have not been written yet */
	unsigned bits = 0;    /* so many of them */

	for (size_t i = 0; i < len; i++) {
		pending = pending << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = alphabet[pending >> (bits - 6) & 63];
	}
	if (bits > 0)
		*out++ = alphabet[pending << (6 - bits) & 63];
	*out = '\0';
}

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
