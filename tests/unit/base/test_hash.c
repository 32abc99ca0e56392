/*
 * hash: SipHash-1-3 against OpenSSL's own SipHash, which takes the numbers of
 * rounds as parameters.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/hash.h"
#include "rng.h"
#include "unit.h"

enum { KEY_BYTES = 16, LONGEST = 600 };

static uint64_t load_le(const unsigned char *p)
{
	uint64_t word = 0;

	for (int i = 7; i >= 0; i--)
		word = word << 8 | p[i];
	return word;
}

static uint64_t reference(const unsigned char *key, const void *p, size_t len)
{
	unsigned c_rounds = 1, d_rounds = 3;
	size_t size = 8, got = 0;
	unsigned char out[8];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &c_rounds),
		OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &d_rounds),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

	ck_assert_int_eq(EVP_MAC_init(ctx, key, KEY_BYTES, params), 1);
	ck_assert_int_eq(EVP_MAC_update(ctx, p, len), 1);
	ck_assert_int_eq(EVP_MAC_final(ctx, out, &got, sizeof out), 1);
	ck_assert_uint_eq(got, 8);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return load_le(out);
}

static void check_one(uint64_t *seed, size_t len)
{
	unsigned char key[KEY_BYTES], text[LONGEST];
	struct hash_key k;

	rng_fill(seed, key, sizeof key);
	rng_fill(seed, text, len);
	k.k0 = load_le(key);
	k.k1 = load_le(key + 8);
	ck_assert_uint_eq(hash_bytes(&k, text, len), reference(key, text, len));
}

START_TEST(every_short_length_agrees_with_openssl)
{
	uint64_t seed = 1;

	for (size_t len = 0; len <= 64; len++)
		for (int round = 0; round < 8; round++)
			check_one(&seed, len);
}
END_TEST

/* The last word holds the length in one byte only. */
START_TEST(a_length_above_255_agrees_with_openssl)
{
	uint64_t seed = 2;

	for (size_t len = 250; len <= LONGEST; len += 7)
		check_one(&seed, len);
}
END_TEST

START_TEST(an_unaligned_name_hashes_as_an_aligned_one)
{
	const struct hash_key key = { 3, 4 };
	unsigned char text[64];
	uint64_t seed = 3;
	uint64_t first;

	rng_fill(&seed, text, 40);
	first = hash_bytes(&key, text, 40);
	for (size_t shift = 1; shift < 8; shift++) {
		unsigned char moved[64];

		memcpy(moved + shift, text, 40);
		ck_assert_uint_eq(hash_bytes(&key, moved + shift, 40), first);
	}
}
END_TEST

START_TEST(each_half_of_the_key_counts)
{
	const struct hash_key a = { 1, 2 }, b = { 9, 2 }, c = { 1, 9 };

	ck_assert_uint_ne(hash_bytes(&a, "room", 4), hash_bytes(&b, "room", 4));
	ck_assert_uint_ne(hash_bytes(&a, "room", 4), hash_bytes(&c, "room", 4));
}
END_TEST

UNIT_MAIN("base/hash", every_short_length_agrees_with_openssl,
    a_length_above_255_agrees_with_openssl,
    an_unaligned_name_hashes_as_an_aligned_one, each_half_of_the_key_counts)
