/*
 * hmac: RFC 4231's second test case for every digest, and what is not equal.
 */
#include <string.h>

#include "base/hmac.h"
#include "unit.h"

static const struct slice message = { "what do ya want for nothing?", 28 };

static const char code256[] =
    "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"
    "\x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43";
static const char code384[] =
    "\xaf\x45\xd2\xe3\x76\x48\x40\x31\x61\x7f\x78\xd2\xb5\x8a\x6b\x1b"
    "\x9c\x7e\xf4\x64\xf5\xa0\x1b\x47\xe4\x2e\xc3\x73\x63\x22\x44\x5e"
    "\x8e\x22\x40\xca\x5e\x69\xe2\xc7\x8b\x32\x39\xec\xfa\xb2\x16\x49";
static const char code512[] =
    "\x16\x4b\x7a\x7b\xfc\xf8\x19\xe2\xe3\x95\xfb\xe7\x3b\x56\xe0\xa3"
    "\x87\xbd\x64\x22\x2e\x83\x1f\xd6\x10\x27\x0c\xd7\xea\x25\x05\x54"
    "\x97\x58\xbf\x75\xc0\x5a\x99\x4a\x6d\x03\x4f\x65\xf8\xf0\xe6\xfd"
    "\xca\xea\xb1\xa3\x4d\x4a\x6b\x4b\x63\x6e\x07\x0a\x38\xbc\xe7\x37";

START_TEST(the_vectors_of_the_rfc_verify)
{
	struct hmac_secret *h = hmac_secret_new(slice_str("Jefe"));

	for (int round = 0; round < 3; round++) {
		ck_assert(hmac_verify(
		    h, HMAC_SHA256, message, slice_of(code256, 32)));
		ck_assert(hmac_verify(
		    h, HMAC_SHA384, message, slice_of(code384, 48)));
		ck_assert(hmac_verify(
		    h, HMAC_SHA512, message, slice_of(code512, 64)));
	}
	hmac_secret_free(h);
}
END_TEST

START_TEST(another_code_secret_message_or_digest_does_not)
{
	struct hmac_secret *h = hmac_secret_new(slice_str("Jefe"));
	struct hmac_secret *other = hmac_secret_new(slice_str("jefe"));
	char code[32];

	for (size_t bit = 0; bit < 8 * sizeof code; bit++) {
		memcpy(code, code256, sizeof code);
		code[bit / 8] = (char)(code[bit / 8] ^ (1 << bit % 8));
		ck_assert(!hmac_verify(
		    h, HMAC_SHA256, message, slice_of(code, sizeof code)));
	}
	ck_assert(
	    !hmac_verify(other, HMAC_SHA256, message, slice_of(code256, 32)));
	ck_assert(!hmac_verify(
	    h, HMAC_SHA256, slice_after(message, 1), slice_of(code256, 32)));
	ck_assert(!hmac_verify(h, HMAC_SHA384, message, slice_of(code512, 48)));
	for (size_t len = 0; len < 32; len++)
		ck_assert(!hmac_verify(
		    h, HMAC_SHA256, message, slice_of(code256, len)));
	ck_assert(!hmac_verify(h, HMAC_SHA256, message, slice_of(code512, 64)));
	hmac_secret_free(other);
	hmac_secret_free(h);
	hmac_secret_free(NULL);
}
END_TEST

UNIT_MAIN("base/hmac", the_vectors_of_the_rfc_verify,
    another_code_secret_message_or_digest_does_not)
