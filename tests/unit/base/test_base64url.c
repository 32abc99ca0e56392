/*
 * base64url: what stands for what, and how little else decodes.
 */
#include <errno.h>
#include <string.h>

#include "base/base64url.h"
#include "unit.h"

static void stands_for(const char *text, const char *bytes, size_t len)
{
	unsigned char decoded[BASE64URL_BYTES(64)];
	char encoded[BASE64URL_CHARS(64) + 1];

	ck_assert_int_eq(base64url_decode(slice_str(text), decoded), (long)len);
	ck_assert_mem_eq(decoded, bytes, len);
	base64url_encode((const unsigned char *)bytes, len, encoded);
	ck_assert_str_eq(encoded, text);
	ck_assert_uint_eq(strlen(text), BASE64URL_CHARS(len));
}

/* RFC 4648, section 10, without the padding. */
START_TEST(the_vectors_of_the_rfc_go_both_ways)
{
	stands_for("", "", 0);
	stands_for("Zg", "f", 1);
	stands_for("Zm8", "fo", 2);
	stands_for("Zm9v", "foo", 3);
	stands_for("Zm9vYg", "foob", 4);
	stands_for("Zm9vYmE", "fooba", 5);
	stands_for("Zm9vYmFy", "foobar", 6);
	stands_for("-_-_", "\xfb\xff\xbf", 3);
	stands_for("__8", "\xff\xff", 2);
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

UNIT_MAIN("base/base64url", the_vectors_of_the_rfc_go_both_ways,
    what_is_not_canonical_is_refused, only_the_alphabet_is_taken)
