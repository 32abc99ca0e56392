/* signer: what it signs proto/jwt takes, by each algorithm. */
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "ctl/signer.h"
#include "proto/jwt.h"
#include "proto/jwt_keys.h"
#include "unit.h"

static const char secret[] =
    "a secret that is long enough for HS512: 64 bytes or more, as it is";
static const char claims[] = "{\"sub\":\"gr\xc3\xbc\xc3\x9f\",\"exp\":2000}";

static EVP_PKEY *new_key(enum signature_algorithm a)
{
	switch (a) {
	case SIGNATURE_ES256:
		return EVP_EC_gen("P-256");
	case SIGNATURE_ES384:
		return EVP_EC_gen("P-384");
	case SIGNATURE_ES512:
		return EVP_EC_gen("P-521");
	case SIGNATURE_EDDSA:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return EVP_RSA_gen(2048);
	}
}

/* The PEM of one half of a key. */
static void put_pem(EVP_PKEY *pkey, bool is_private, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (is_private)
		ck_assert(PEM_write_bio_PrivateKey(
			      bio, pkey, NULL, NULL, 0, NULL, NULL) == 1);
	else
		ck_assert(PEM_write_bio_PUBKEY(bio, pkey) == 1);
	len = BIO_get_mem_data(bio, &text);
	buf_putn(out, text, (size_t)len);
	BIO_free(bio);
}

/* A signer, and the keys of those who check, for one algorithm. */
static struct signer *make(enum signature_algorithm a, struct jwt_keys *keys)
{
	struct buf private = { 0 }, public = { 0 };
	struct signer *s;
	EVP_PKEY *pkey;
	struct err e;

	if (signature_secret_min(a) > 0) {
		ck_assert_int_eq(
		    jwt_keys_add(keys, JWT_KEY_SECRET, slice_str(secret), &e),
		    0);
		return signer_of_secret(slice_str(secret), &e);
	}
	pkey = new_key(a);
	put_pem(pkey, true, &private);
	put_pem(pkey, false, &public);
	ck_assert_int_eq(
	    jwt_keys_add(keys, JWT_KEY_PUBLIC, buf_slice(&public), &e), 0);
	s = signer_of_pem(buf_slice(&private), &e);
	EVP_PKEY_free(pkey);
	buf_fini(&private);
	buf_fini(&public);
	return s;
}

static void check_taken(enum signature_algorithm a)
{
	struct jwt_keys *keys = jwt_keys_new(SIGNATURE_BIT(a));
	struct signer *s = make(a, keys);
	const struct jwt_policy policy = { .keys = keys };
	struct buf token = { 0 };
	cJSON *read = NULL;
	int64_t expires;
	struct err e;

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_ne(signer_algorithms(s) & SIGNATURE_BIT(a), 0);
	ck_assert_int_eq(
	    signer_token(s, a, "k1", slice_str(claims), &token, &e), 0);
	ck_assert_int_eq(
	    jwt_verify(&policy, buf_slice(&token), 1000, &read, &expires),
	    JWT_OK);
	ck_assert_int_eq(expires, 2000);
	ck_assert_str_eq(
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(read, "sub")),
	    "gr\xc3\xbc\xc3\x9f");
	cJSON_Delete(read);
	/* And with one byte of it changed it is not. */
	token.data[token.len / 2] ^= 1;
	ck_assert_int_ne(
	    jwt_verify(&policy, buf_slice(&token), 1000, &read, &expires),
	    JWT_OK);
	buf_fini(&token);
	signer_free(s);
	jwt_keys_unref(keys);
}

START_TEST(each_algorithm_is_taken)
{
	for (int i = 0; i < SIGNATURE_ALGORITHM_COUNT; i++)
		check_taken((enum signature_algorithm)i);
}
END_TEST

static void check_refused(
    struct signer *s, const struct err *e, const char *text)
{
	ck_assert_ptr_null(s);
	ck_assert_str_eq(e->text, text);
}

START_TEST(what_is_no_key_is_refused)
{
	struct buf public = { 0 };
	EVP_PKEY *pkey = new_key(SIGNATURE_ES256), *weak = EVP_RSA_gen(1024);
	struct err e;

	check_refused(signer_of_secret(slice_str("short"), &e), &e,
	    "a secret of 5 bytes; HS256 needs 32");
	check_refused(signer_of_pem(slice_str("not PEM"), &e), &e,
	    "no private key in PEM without a passphrase");
	put_pem(pkey, false, &public);
	check_refused(signer_of_pem(buf_slice(&public), &e), &e,
	    "no private key in PEM without a passphrase");
	buf_fini(&public);
	put_pem(weak, true, &public);
	check_refused(signer_of_pem(buf_slice(&public), &e), &e,
	    "an RSA key of 1024 bits; it must have 2048 to 8192");
	buf_fini(&public);
	EVP_PKEY_free(pkey);
	EVP_PKEY_free(weak);
}
END_TEST

UNIT_MAIN("ctl/signer", each_algorithm_is_taken, what_is_no_key_is_refused)
