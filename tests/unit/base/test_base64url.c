/*
 * base64url: what decodes, and how little else does.
 */
#include <errno.h>
#include <string.h>

#include "base/base64url.h"
#include "unit.h"

static void decodes_to(const char *text, const char *want, size_t len)
{
	unsigned char out[BASE64URL_BYTES(64)];

	ck_assert_int_eq(base64url_decode(slice_str(text), out), (long)len);
	ck_assert_mem_eq(out, want, len);
}

/* RFC 4648, section 10, without the padding. */
START_TEST(the_vectors_of_the_rfc_decode)
{
	decodes_to("", "", 0);
	decodes_to("Zg", "f", 1);
	decodes_to("Zm8", "fo", 2);
	decodes_to("Zm9v", "foo", 3);
	decodes_to("Zm9vYg", "foob", 4);
	decodes_to("Zm9vYmE", "fooba", 5);
	decodes_to("Zm9vYmFy", "foobar", 6);
	decodes_to("-_-_", "\xfb\xff\xbf", 3);
	decodes_to("__8", "\xff\xff", 2);
}
END_TEST

START_TEST(what_is_not_canonical_is_refused)
{
	static const char *const bad[] = { "A", "Zg==", "Zg=", "Zm9vA", "Zh",
		"Zm9", "Z g", "Zm9v\n", " Zm9v", "+/+/", "Zm9v.", "Zm9\xc3",
		"=", "====", "Zm9v====" };
	unsigned char out[BASE64URL_BYTES(64)];

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(
		    base64url_decode(slice_str(bad[i]), out) == -EINVAL, "%s",
		    bad[i]);
	ck_assert_int_eq(base64url_decode(slice_of("Zm\0v", 4), out), -EINVAL);
}
END_TEST

/* Each character by itself: 64 of 256 are in the alphabet. */
START_TEST(only_the_alphabet_is_taken)
{
	int good = 0;

	for (int c = 0; c < 256; c++) {
		char text[4] = { 'A', 'A', 'A', (char)c };
		unsigned char out[BASE64URL_BYTES(4)];

		good += base64url_decode(slice_of(text, 4), out) == 3;
	}
	ck_assert_int_eq(good, 64);
}
END_TEST

UNIT_MAIN("base/base64url", the_vectors_of_the_rfc_decode,
    what_is_not_canonical_is_refused, only_the_alphabet_is_taken)
