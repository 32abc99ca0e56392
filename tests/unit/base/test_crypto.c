/*
 * crypto: published vectors, and how strict the base64 decoder is.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/crypto.h"
#include "rng.h"
#include "unit.h"

START_TEST(sha1_of_known_texts)
{
	static const unsigned char abc[] = { 0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06,
		0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c,
		0x9c, 0xd0, 0xd8, 0x9d };
	static const unsigned char none[] = { 0xda, 0x39, 0xa3, 0xee, 0x5e,
		0x6b, 0x4b, 0x0d, 0x32, 0x55, 0xbf, 0xef, 0x95, 0x60, 0x18,
		0x90, 0xaf, 0xd8, 0x07, 0x09 };
	unsigned char digest[CRYPTO_SHA1_BYTES];

	crypto_sha1("abc", 3, digest);
	ck_assert_mem_eq(digest, abc, sizeof digest);
	crypto_sha1("", 0, digest);
	ck_assert_mem_eq(digest, none, sizeof digest);
}
END_TEST

/* What a browser would find of the script `alert('Hello, world.');`. */
START_TEST(sha256_as_a_policy_has_it)
{
	static const char text[] = "alert('Hello, world.');";
	unsigned char digest[CRYPTO_SHA256_BYTES];
	char out[4 * ((CRYPTO_SHA256_BYTES + 2) / 3) + 1];

	crypto_sha256(text, sizeof text - 1, digest);
	(void)crypto_base64_encode(digest, sizeof digest, out);
	ck_assert_str_eq(out, "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
}
END_TEST

/* The example of RFC 6455, section 1.3. */
START_TEST(the_accept_value_of_the_websocket_rfc)
{
	static const char text[] = "dGhlIHNhbXBsZSBub25jZQ=="
				   "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[CRYPTO_SHA1_BYTES];
	char out[4 * ((CRYPTO_SHA1_BYTES + 2) / 3) + 1];

	crypto_sha1(text, sizeof text - 1, digest);
	ck_assert_uint_eq(
	    crypto_base64_encode(digest, sizeof digest, out), sizeof out - 1);
	ck_assert_str_eq(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
END_TEST

static const struct {
	const char *plain;
	const char *encoded;
} vectors[] = { /* RFC 4648, section 10 */
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf", "+/+/" }
};

START_TEST(base64_vectors_of_the_rfc)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		size_t len = strlen(vectors[i].plain);
		unsigned char plain[16];
		char encoded[16];

		ck_assert_uint_eq(
		    crypto_base64_encode(vectors[i].plain, len, encoded),
		    strlen(vectors[i].encoded));
		ck_assert_str_eq(encoded, vectors[i].encoded);
		ck_assert_int_eq(crypto_base64_decode(vectors[i].encoded,
				     strlen(vectors[i].encoded), plain),
		    (long)len);
		ck_assert(memcmp(plain, vectors[i].plain, len) == 0);
	}
}
END_TEST

START_TEST(base64_that_is_not_strict_is_refused)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
		{ "Zg", 2 },
		{ "Zg=", 3 },
		{ "Zm9vY", 5 },
		{ "=", 1 },
		{ "====", 4 },
		{ "Z===", 4 },
		{ "=Zg=", 4 },
		{ "Z=g=", 4 },
		{ "Zm9v====", 8 },
		{ "Zg==Zg==", 8 },
		{ "Zm8=Zm8=", 8 },
		{ " Zm9v", 5 },
		{ "Zm9v\n", 5 },
		{ "Zm9v   ", 7 },
		{ " Zm9", 4 },
		{ "Zm9 ", 4 },
		{ "Zm\n9", 4 },
		{ "Zm9\r", 4 },
		{ "\tZg=", 4 },
		{ "Zm-_", 4 },
		{ "Zm.v", 4 },
		{ "Zm\0v", 4 },
		{ "Zm9\xff", 4 },
		{ "\x80m9v", 4 },
		{ "Zm9-", 4 },
		{ "-Zm9", 4 },
		{ "Zg=a", 4 },
		{ "Zg=\0", 4 },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		unsigned char out[16];

		ck_assert_msg(crypto_base64_decode(
				  bad[i].text, bad[i].len, out) == -EINVAL,
		    "row %zu was taken", i);
	}
}
END_TEST

/* Each byte alone in each place of a group: only the 64 characters pass. */
START_TEST(base64_takes_the_standard_alphabet_and_nothing_else)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int place = 0; place < 4; place++) {
		for (int c = 0; c < 256; c++) {
			char text[4] = { 'A', 'A', 'A', 'A' };
			unsigned char out[3];
			bool wanted = c && strchr(alphabet, c);

			if (c == '=' && place == 3)
				continue; /* padding, checked above */
			text[place] = (char)c;
			ck_assert_int_eq(
			    crypto_base64_decode(text, 4, out) == 3, wanted);
		}
	}
}
END_TEST

/*
 * The bits behind the last byte should be 0; an encoder that leaves others
 * there is forgiven, as RFC 4648 (section 3.5) allows.
 */
START_TEST(base64_ignores_the_bits_behind_the_last_byte)
{
	unsigned char out[3];

	ck_assert_int_eq(crypto_base64_decode("Zh==", 4, out), 1);
	ck_assert_int_eq(out[0], 'f');
	ck_assert_int_eq(crypto_base64_decode("Zm9=", 4, out), 2);
	ck_assert_mem_eq(out, "fo", 2);
}
END_TEST

START_TEST(base64_of_random_bytes_comes_back)
{
	unsigned char plain[300], back[3 * 100];
	char encoded[401];
	uint64_t seed = 1;

	for (size_t len = 0; len <= sizeof plain; len++) {
		size_t chars;

		rng_fill(&seed, plain, len);
		chars = crypto_base64_encode(plain, len, encoded);
		ck_assert_uint_eq(chars, 4 * ((len + 2) / 3));
		ck_assert_int_eq(encoded[chars], '\0');
		ck_assert_int_eq(
		    crypto_base64_decode(encoded, chars, back), (long)len);
		ck_assert(memcmp(back, plain, len) == 0);
	}
}
END_TEST

START_TEST(random_bytes_fill_the_whole_block)
{
	unsigned char a[65] = { 0 }, b[65] = { 0 };
	bool is_set[64] = { false };

	for (int round = 0; round < 64; round++) {
		crypto_random(a, 64);
		for (int i = 0; i < 64; i++)
			is_set[i] = is_set[i] || a[i] != 0;
	}
	for (int i = 0; i < 64; i++)
		ck_assert(is_set[i]);
	ck_assert_int_eq(a[64], 0);
	crypto_random(b, 64);
	ck_assert_mem_ne(a, b, 64);
}
END_TEST

START_TEST(equal_sees_a_difference_in_any_place)
{
	unsigned char a[33], b[33];
	uint64_t seed = 2;

	rng_fill(&seed, a, sizeof a);
	memcpy(b, a, sizeof a);
	ck_assert(crypto_equal(a, b, sizeof a));
	ck_assert(crypto_equal(a, b, 0));
	for (size_t i = 0; i < sizeof a; i++) {
		b[i] ^= 0x80;
		ck_assert(!crypto_equal(a, b, sizeof a));
		ck_assert(crypto_equal(a, b, i)); /* what is in front */
		b[i] ^= 0x80;
	}
}
END_TEST

/* FIPS 197, appendix B; twice, for no state may stay behind. */
START_TEST(the_block_cipher_is_aes_128)
{
	static const unsigned char key[] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae,
		0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
	static const unsigned char in[] = { 0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a,
		0x30, 0x8d, 0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34 };
	static const unsigned char wanted[] = { 0x39, 0x25, 0x84, 0x1d, 0x02,
		0xdc, 0x09, 0xfb, 0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b,
		0x32 };
	struct crypto_block *block = crypto_block_new(key);

	for (int round = 0; round < 2; round++) {
		unsigned char out[CRYPTO_BLOCK_BYTES];

		crypto_block_encrypt(block, in, out);
		ck_assert_mem_eq(out, wanted, sizeof out);
		crypto_block_decrypt(block, wanted, out);
		ck_assert_mem_eq(out, in, sizeof out);
	}
	crypto_block_free(block);
	crypto_block_free(NULL);
}
END_TEST

START_TEST(every_block_has_a_way_back)
{
	unsigned char key[CRYPTO_BLOCK_BYTES];
	struct crypto_block *block;
	uint64_t seed = 3;

	rng_fill(&seed, key, sizeof key);
	block = crypto_block_new(key);
	for (int i = 0; i < 1000; i++) {
		unsigned char in[CRYPTO_BLOCK_BYTES], out[CRYPTO_BLOCK_BYTES];

		rng_fill(&seed, in, sizeof in);
		crypto_block_decrypt(block, in, out);
		ck_assert_mem_ne(in, out, sizeof in);
		crypto_block_encrypt(block, out, out);
		ck_assert_mem_eq(in, out, sizeof in);
	}
	crypto_block_free(block);
}
END_TEST

/* RFC 5869, A.3; a secret with a purpose has others. */
START_TEST(hkdf_of_the_rfc)
{
	static const unsigned char wanted[] = { 0x8d, 0xa4, 0xe7, 0x75, 0xa5,
		0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80, 0x2a, 0x06, 0x3c, 0x5a,
		0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1, 0x87, 0x9e, 0xc3,
		0x45, 0x4e, 0x5f, 0x3c, 0x73, 0x8d, 0x2d, 0x9d, 0x20, 0x13,
		0x95, 0xfa, 0xa4, 0xb6, 0x1a, 0x96, 0xc8 };
	unsigned char secret[22], out[sizeof wanted];

	memset(secret, 0x0b, sizeof secret);
	crypto_hkdf(secret, sizeof secret, "", out, sizeof out);
	ck_assert_mem_eq(out, wanted, sizeof out);
	crypto_hkdf(secret, sizeof secret, "a purpose", out, sizeof out);
	ck_assert_mem_ne(out, wanted, sizeof out);
}
END_TEST

UNIT_MAIN("base/crypto", sha1_of_known_texts, sha256_as_a_policy_has_it,
    the_accept_value_of_the_websocket_rfc, base64_vectors_of_the_rfc,
    base64_that_is_not_strict_is_refused,
    base64_takes_the_standard_alphabet_and_nothing_else,
    base64_ignores_the_bits_behind_the_last_byte,
    base64_of_random_bytes_comes_back, random_bytes_fill_the_whole_block,
    equal_sees_a_difference_in_any_place, the_block_cipher_is_aes_128,
    every_block_has_a_way_back, hkdf_of_the_rfc)
