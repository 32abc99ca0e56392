/*
 * public_key: see public_key.h. Making keys comes first, checking signatures
 * last. Several threads may check with one EVP_PKEY at once: nothing sets
 * anything on it after it is made.
 */
#include "base/public_key.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/mem.h"

enum {
	ED25519_BYTES = 32,
	EXPONENT_BITS_MAX = 64,
	COORDINATE_MAX = 66, /* P-521 */
};

struct public_key {
	EVP_PKEY *pkey; /* owned */
	enum public_key_kind kind;
};

/* Curves, by kind of key; the other kinds have no group. */
static const struct {
	const char *group; /* OpenSSL's name */
	size_t bytes;      /* of a coordinate, of r and of s */
} curves[] = {
	[PUBLIC_KEY_RSA] = { NULL, 0 },
	[PUBLIC_KEY_P256] = { "prime256v1", 32 },
	[PUBLIC_KEY_P384] = { "secp384r1", 48 },
	[PUBLIC_KEY_P521] = { "secp521r1", COORDINATE_MAX },
	[PUBLIC_KEY_ED25519] = { NULL, 0 },
};

enum { KIND_COUNT = sizeof curves / sizeof curves[0] };

/* The kind of the curve that OpenSSL calls so, or -EINVAL. */
static int kind_of_group(const char *group)
{
	for (int i = 0; i < KIND_COUNT; i++)
		if (curves[i].group && !strcmp(curves[i].group, group))
			return i;
	return -EINVAL;
}

static const unsigned char *bytes_of(struct slice s)
{
	return (const unsigned char *)s.ptr;
}

/* An exponent of 1 would make anybody's signature good. */
static int check_rsa(EVP_PKEY *pkey, struct err *e)
{
	int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *n = NULL, *exponent = NULL;
	bool is_fine;

	if (bits < PUBLIC_KEY_RSA_BITS_MIN || bits > PUBLIC_KEY_RSA_BITS_MAX)
		return err_set(e, -EINVAL,
		    "an RSA key of %d bits; it must have %d to %d", bits,
		    PUBLIC_KEY_RSA_BITS_MIN, PUBLIC_KEY_RSA_BITS_MAX);
	is_fine = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		  EVP_PKEY_get_bn_param(
		      pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
		  BN_is_odd(n) && BN_is_odd(exponent) && !BN_is_one(exponent) &&
		  BN_num_bits(exponent) <= EXPONENT_BITS_MAX;
	BN_free(n);
	BN_free(exponent);
	if (!is_fine)
		return err_set(e, -EINVAL,
		    "an RSA key whose modulus or exponent cannot be right");
	return PUBLIC_KEY_RSA;
}

static int check_ec(EVP_PKEY *pkey, struct err *e)
{
	EVP_PKEY_CTX *ctx;
	char group[64];
	int kind = -EINVAL;
	bool is_fine;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1)
		kind = kind_of_group(group);
	if (kind < 0)
		return err_set(e, -EINVAL,
		    "an EC key on a curve other than P-256, P-384, P-521");
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	is_fine = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!is_fine)
		return err_set(
		    e, -EINVAL, "an EC key whose point is not on its curve");
	return kind;
}

/* The kind of a key that will do, or -EINVAL. */
static int check_key(EVP_PKEY *pkey, struct err *e)
{
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return check_rsa(pkey, e);
	if (EVP_PKEY_is_a(pkey, "EC"))
		return check_ec(pkey, e);
	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return PUBLIC_KEY_ED25519;
	return err_set(
	    e, -EINVAL, "a key that is neither RSA, nor EC, nor Ed25519");
}

/* Takes the EVP_PKEY, which may be NULL: then making it has failed. */
static struct public_key *wrap(EVP_PKEY *pkey, struct err *e)
{
	struct public_key *k;
	int kind;

	if (pkey)
		kind = check_key(pkey, e);
	else
		kind = err_set(e, -EINVAL, "a public key that is broken");
	ERR_clear_error();
	if (kind < 0) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	k = xmalloc(sizeof *k);
	*k = (struct public_key){ pkey, (enum public_key_kind)kind };
	return k;
}

void public_key_free(struct public_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

enum public_key_kind public_key_kind(const struct public_key *k)
{
	return k->kind;
}

static EVP_PKEY *pkey_of_certificate(const unsigned char *der, long len)
{
	X509 *certificate = d2i_X509(NULL, &der, len);
	EVP_PKEY *pkey = certificate ? X509_get_pubkey(certificate) : NULL;

	X509_free(certificate);
	return pkey;
}

static struct public_key *from_block(
    const char *type, const unsigned char *der, long len, struct err *e)
{
	if (!strcmp(type, PEM_STRING_PUBLIC))
		return wrap(d2i_PUBKEY(NULL, &der, len), e);
	if (!strcmp(type, PEM_STRING_RSA_PUBLIC))
		return wrap(d2i_PublicKey(EVP_PKEY_RSA, NULL, &der, len), e);
	if (!strcmp(type, PEM_STRING_X509))
		return wrap(pkey_of_certificate(der, len), e);
	if (strstr(type, "PRIVATE KEY"))
		(void)err_set(e, -EINVAL,
		    "a private key; only its public part belongs here");
	else
		(void)err_set(e, -EINVAL,
		    "a PEM block that is no public key or certificate");
	return NULL;
}

/* One PEM block as DER; false when there is no further one. */
static bool next_block(BIO *bio, char **type, unsigned char **der, long *len)
{
	char *header = NULL;
	bool is_there = PEM_read_bio(bio, type, &header, der, len) == 1;

	OPENSSL_free(header);
	ERR_clear_error();
	return is_there;
}

static bool has_block(BIO *bio)
{
	unsigned char *der = NULL;
	char *type = NULL;
	bool is_there;
	long len;

	is_there = next_block(bio, &type, &der, &len);
	OPENSSL_free(type);
	OPENSSL_free(der);
	return is_there;
}

struct public_key *public_key_from_pem(struct slice pem, struct err *e)
{
	BIO *bio =
	    pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
	struct public_key *k = NULL;
	unsigned char *der = NULL;
	char *type = NULL;
	long len;

	if (!bio || !next_block(bio, &type, &der, &len))
		(void)err_set(e, -EINVAL, "neither PEM nor a JWK");
	else if (has_block(bio))
		(void)err_set(
		    e, -EINVAL, "more than one PEM block; one a file, please");
	else
		k = from_block(type, der, len, e);
	OPENSSL_free(type);
	OPENSSL_free(der);
	BIO_free(bio);
	return k;
}

/* A key of this type; NULL when the parameters make none. */
static EVP_PKEY *pkey_from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

struct public_key *public_key_from_rsa(
    struct slice n, struct slice exponent, struct err *e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	BIGNUM *bn = NULL, *be = NULL;
	EVP_PKEY *pkey = NULL;

	if (n.len <= PUBLIC_KEY_SIGNATURE_MAX + 1 && exponent.len <= n.len) {
		bn = BN_bin2bn(bytes_of(n), (int)n.len, NULL);
		be = BN_bin2bn(bytes_of(exponent), (int)exponent.len, NULL);
	}
	if (build && bn && be &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params)
		pkey = pkey_from_params("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(bn);
	BN_free(be);
	return wrap(pkey, e);
}

struct public_key *public_key_from_ec(
    enum public_key_kind kind, struct slice x, struct slice y, struct err *e)
{
	size_t bytes = curves[kind].bytes;
	unsigned char point[1 + 2 * COORDINATE_MAX];
	OSSL_PARAM params[3];
	char group[16] = { 0 };

	if (bytes == 0 || x.len != bytes || y.len != bytes) {
		(void)err_set(e, -EINVAL,
		    "an EC key with coordinates of %zu and %zu bytes; each "
		    "has %zu, with its leading zeros",
		    x.len, y.len, bytes);
		return NULL;
	}
	strncpy(group, curves[kind].group, sizeof group - 1);
	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	memcpy(point + 1, x.ptr, x.len);
	memcpy(point + 1 + x.len, y.ptr, y.len);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.len + y.len);
	params[2] = OSSL_PARAM_construct_end();
	return wrap(pkey_from_params("EC", params), e);
}

struct public_key *public_key_from_ed25519(struct slice x, struct err *e)
{
	if (x.len != ED25519_BYTES) {
		(void)err_set(e, -EINVAL,
		    "an Ed25519 key of %zu bytes; it has %d", x.len,
		    ED25519_BYTES);
		return NULL;
	}
	return wrap(EVP_PKEY_new_raw_public_key_ex(
			NULL, "ED25519", NULL, bytes_of(x), x.len),
	    e);
}

static bool verify(EVP_PKEY *pkey, const EVP_MD *md, struct slice bytes,
    const unsigned char *signature, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is_good;

	is_good = ctx != NULL &&
		  EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
		  EVP_DigestVerify(
		      ctx, signature, len, bytes_of(bytes), bytes.len) == 1;
	EVP_MD_CTX_free(ctx);
	return is_good;
}

/* r and s as the DER that OpenSSL wants; NULL when memory is out. */
static unsigned char *to_der(struct slice raw, int *len)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int half = (int)(raw.len / 2);
	BIGNUM *r = BN_bin2bn(bytes_of(raw), half, NULL);
	BIGNUM *s = BN_bin2bn(bytes_of(raw) + half, half, NULL);
	unsigned char *der = NULL;

	*len = -1;
	if (pair && ECDSA_SIG_set0(pair, r, s) == 1) {
		*len = i2d_ECDSA_SIG(pair, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return *len > 0 ? der : NULL;
}

static bool verify_ec(const struct public_key *k, const EVP_MD *md,
    struct slice bytes, struct slice raw)
{
	unsigned char *der;
	bool is_good;
	int len;

	if (raw.len != 2 * curves[k->kind].bytes)
		return false;
	der = to_der(raw, &len);
	is_good = der != NULL && verify(k->pkey, md, bytes, der, (size_t)len);
	OPENSSL_free(der);
	return is_good;
}

/* The constant tables: no look-up, no reference to give back. */
static const EVP_MD *md_of(enum public_key_digest digest)
{
	switch (digest) {
	case PUBLIC_KEY_SHA384:
		return EVP_sha384();
	case PUBLIC_KEY_SHA512:
		return EVP_sha512();
	case PUBLIC_KEY_SHA256:
	default:
		return EVP_sha256();
	}
}

bool public_key_verify(const struct public_key *k,
    enum public_key_digest digest, struct slice bytes, struct slice signature)
{
	const unsigned char *raw = bytes_of(signature);
	bool is_good;

	ERR_set_mark(); /* the thread's TLS sockets read the error queue too */
	switch (k->kind) {
	case PUBLIC_KEY_RSA:
		is_good =
		    verify(k->pkey, md_of(digest), bytes, raw, signature.len);
		break;
	case PUBLIC_KEY_ED25519:
		is_good = verify(k->pkey, NULL, bytes, raw, signature.len);
		break;
	default:
		is_good = verify_ec(k, md_of(digest), bytes, signature);
		break;
	}
	ERR_pop_to_mark();
	return is_good;
}
