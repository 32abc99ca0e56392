/*
 * signature and public_key: names, which key fits what, PEM files that will do
 * and that will not. What signs and what does not is in proto/test_jwt.c and
 * proto/test_jwt_rfc.c.
 */
#include <string.h>

#include "base/file.h"
#include "base/signature.h"
#include "unit.h"

#define KEYS "tests/tokens/keys/"

static struct public_key *from_file(const char *path, struct err *e)
{
	struct buf text = { 0 };
	struct public_key *k;

	ck_assert_int_eq(file_read(path, 65536, &text, e), 0);
	k = public_key_from_pem(buf_slice(&text), e);
	buf_fini(&text);
	return k;
}

START_TEST(names_are_exact)
{
	static const char *const bad[] = { "", "none", "None", "hs256", "HS25",
		"HS2567", "EDDSA", "eddsa", "PS256", "ES256K", "RS256 " };

	for (int i = 0; i < SIGNATURE_ALGORITHM_COUNT; i++)
		ck_assert_int_eq(
		    signature_algorithm(slice_str(signature_algorithm_name(i))),
		    i);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(signature_algorithm(slice_str(bad[i])), -1);
	ck_assert_int_eq(signature_algorithm(slice_of("HS256", 6)), -1);
	ck_assert_int_eq(signature_algorithm(slice_of(NULL, 0)), -1);
}
END_TEST

static void fits(const char *path, unsigned algorithms)
{
	struct err e = { "" };
	struct public_key *k = from_file(path, &e);
	struct signature_key *key;

	ck_assert_msg(k != NULL, "%s: %s", path, e.text);
	key = signature_key_of_public(&k);
	ck_assert_ptr_null(k);
	ck_assert_uint_eq(signature_key_algorithms(key), algorithms);
	for (int i = 0; i < SIGNATURE_ALGORITHM_COUNT; i++)
		ck_assert(!signature_verify(
		    key, i, slice_str("x"), slice_of(NULL, 0)));
	signature_key_free(key);
}

START_TEST(a_public_key_fits_its_own_kind_only)
{
	unsigned rs = SIGNATURE_BIT(SIGNATURE_RS256) |
		      SIGNATURE_BIT(SIGNATURE_RS384) |
		      SIGNATURE_BIT(SIGNATURE_RS512);

	fits(KEYS "rsa.pem", rs);
	fits(KEYS "rsa-pkcs1.pem", rs);
	fits(KEYS "rsa-expired-certificate.pem", rs);
	fits(KEYS "p256.pem", SIGNATURE_BIT(SIGNATURE_ES256));
	fits(KEYS "p384.pem", SIGNATURE_BIT(SIGNATURE_ES384));
	fits(KEYS "p521.pem", SIGNATURE_BIT(SIGNATURE_ES512));
	fits(KEYS "ed25519.pem", SIGNATURE_BIT(SIGNATURE_EDDSA));
}
END_TEST

START_TEST(a_secret_fits_the_digests_it_is_long_enough_for)
{
	static const char bytes[64] = "";
	unsigned hs256 = SIGNATURE_BIT(SIGNATURE_HS256);
	unsigned hs384 = SIGNATURE_BIT(SIGNATURE_HS384);
	unsigned hs512 = SIGNATURE_BIT(SIGNATURE_HS512);

	for (size_t len = 0; len <= sizeof bytes; len++) {
		struct signature_key *key =
		    signature_key_of_secret(slice_of(bytes, len));

		ck_assert_uint_eq(signature_key_algorithms(key),
		    len < 32   ? 0
		    : len < 48 ? hs256
		    : len < 64 ? hs256 | hs384
			       : hs256 | hs384 | hs512);
		signature_key_free(key);
	}
	ck_assert_uint_eq(signature_secret_min(SIGNATURE_HS384), 48);
	ck_assert_uint_eq(signature_secret_min(SIGNATURE_RS256), 0);
}
END_TEST

static void is_refused(const char *path, const char *why)
{
	struct err e = { "" };

	ck_assert_msg(from_file(path, &e) == NULL, "%s", path);
	ck_assert_msg(strstr(e.text, why) != NULL, "%s: %s", path, e.text);
}

START_TEST(weak_and_foreign_keys_are_refused)
{
	is_refused(KEYS "bad-rsa1024.pem", "1024 bits");
	is_refused(KEYS "bad-secp256k1.pem", "curve other than");
	is_refused(KEYS "bad-x25519.pem", "neither RSA");
	is_refused(KEYS "bad-chain.pem", "more than one PEM block");
	is_refused(KEYS "secret.txt", "neither PEM");
	is_refused("/dev/null", "neither PEM");
}
END_TEST

static void pem_is_refused(const char *pem, const char *why)
{
	struct err e = { "" };

	ck_assert_ptr_null(public_key_from_pem(slice_str(pem), &e));
	ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
}

START_TEST(pem_of_other_things_is_refused)
{
	pem_is_refused("-----BEGIN "
		       "PRIVATE KEY-----\nAAAA\n"
		       "-----END "
		       "PRIVATE KEY-----\n",
	    "a private key");
	pem_is_refused("-----BEGIN EC "
		       "PRIVATE KEY-----\nAAAA\n"
		       "-----END EC "
		       "PRIVATE KEY-----\n",
	    "a private key");
	pem_is_refused("-----BEGIN X509 CRL-----\nAAAA\n"
		       "-----END X509 CRL-----\n",
	    "no public key");
	pem_is_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n"
		       "-----END PUBLIC KEY-----\n",
	    "broken");
	pem_is_refused("-----BEGIN CERTIFICATE-----\nAAAA\n"
		       "-----END CERTIFICATE-----\n",
	    "broken");
	pem_is_refused("-----BEGIN PUBLIC KEY-----\n", "neither PEM");
}
END_TEST

START_TEST(numbers_that_make_no_key_are_refused)
{
	static const char zeros[128] = "";
	struct err e;

	ck_assert_ptr_null(public_key_from_ed25519(slice_of(zeros, 31), &e));
	ck_assert_ptr_null(public_key_from_ed25519(slice_of(zeros, 33), &e));
	ck_assert_ptr_null(public_key_from_ec(
	    PUBLIC_KEY_P256, slice_of(zeros, 32), slice_of(zeros, 32), &e));
	ck_assert_ptr_null(public_key_from_ec(
	    PUBLIC_KEY_P256, slice_of(zeros, 32), slice_of(zeros, 31), &e));
	ck_assert_ptr_null(public_key_from_ec(
	    PUBLIC_KEY_RSA, slice_of(zeros, 0), slice_of(zeros, 0), &e));
	ck_assert_ptr_null(public_key_from_rsa(
	    slice_of(zeros, 128), slice_of("\1\0\1", 3), &e));
	ck_assert_ptr_null(
	    public_key_from_rsa(slice_of("", 0), slice_of("", 0), &e));
	public_key_free(NULL);
	signature_key_free(NULL);
}
END_TEST

UNIT_MAIN("base/signature", names_are_exact,
    a_public_key_fits_its_own_kind_only,
    a_secret_fits_the_digests_it_is_long_enough_for,
    weak_and_foreign_keys_are_refused, pem_of_other_things_is_refused,
    numbers_that_make_no_key_are_refused)
