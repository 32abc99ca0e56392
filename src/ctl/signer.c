/*
 * signer: see signer.h. OpenSSL takes a secret for a key like any other, so
 * that there is one way to a signature.
 */
#include "ctl/signer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64url.h"
#include "base/mem.h"
#include "base/public_key.h"
#include "proto/json_write.h"

struct signer {
	EVP_PKEY *pkey;      /* owned */
	unsigned algorithms; /* never none */
};

/* --- keys --- */

/* Takes the EVP_PKEY. NULL when it is none, or good for nothing. */
static struct signer *new_signer(EVP_PKEY *pkey, unsigned algorithms)
{
	struct signer *s;

	ERR_clear_error();
	if (!pkey || algorithms == 0) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	s = xmalloc(sizeof *s);
	*s = (struct signer){ pkey, algorithms };
	return s;
}

/* As a gateway that is to check by it sees the key. */
static unsigned algorithms_of(struct signature_key *key)
{
	unsigned algorithms = key ? signature_key_algorithms(key) : 0;

	signature_key_free(key);
	return algorithms;
}

struct signer *signer_of_secret(struct slice secret, struct err *e)
{
	unsigned algorithms = algorithms_of(signature_key_of_secret(secret));

	if (algorithms == 0) {
		(void)err_set(e, -EINVAL,
		    "a secret of %zu bytes; HS256 needs %zu", secret.len,
		    signature_secret_min(SIGNATURE_HS256));
		return NULL;
	}
	return new_signer(EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL,
			      (const unsigned char *)secret.ptr, secret.len),
	    algorithms);
}

/* The public part of the key goes the way of a configured one. */
static unsigned algorithms_of_private(EVP_PKEY *pkey, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct public_key *public_key = NULL;
	char *pem;
	long len;

	if (bio && PEM_write_bio_PUBKEY(bio, pkey) == 1) {
		len = BIO_get_mem_data(bio, &pem);
		public_key = public_key_from_pem(slice_of(pem, len), e);
	}
	BIO_free(bio);
	return public_key ? algorithms_of(signature_key_of_public(&public_key))
			  : 0;
}

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *to, int size, int is_writing, void *arg)
{
	(void)to, (void)size, (void)is_writing, (void)arg;
	return -1;
}

struct signer *signer_of_pem(struct slice pem, struct err *e)
{
	BIO *bio =
	    pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
	EVP_PKEY *pkey = NULL;

	if (bio)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	(void)err_set(e, -EINVAL, "no private key in PEM without a passphrase");
	return new_signer(pkey, pkey ? algorithms_of_private(pkey, e) : 0);
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->pkey);
	free(s);
}

unsigned signer_algorithms(const struct signer *s)
{
	return s->algorithms;
}

/* --- a signature --- */

/* EdDSA has its digest built in. */
static const EVP_MD *md_of(enum signature_algorithm algorithm)
{
	const char *digits = signature_algorithm_name(algorithm) + 2;

	if (strcmp(digits, "256") == 0)
		return EVP_sha256();
	if (strcmp(digits, "384") == 0)
		return EVP_sha384();
	return strcmp(digits, "512") == 0 ? EVP_sha512() : NULL;
}

/* r and s in full length one behind the other (RFC 7518, section 3.4). */
static bool put_pair(
    struct buf *out, const EVP_PKEY *pkey, const unsigned char *der, size_t len)
{
	int half = (EVP_PKEY_get_bits(pkey) + 7) / 8;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	unsigned char raw[PUBLIC_KEY_SIGNATURE_MAX];
	bool is_fine =
	    pair && 2 * half <= (int)sizeof raw &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, half) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + half, half) > 0;

	if (is_fine)
		buf_putn(out, (const char *)raw, 2 * (size_t)half);
	ECDSA_SIG_free(pair);
	return is_fine;
}

/* Append the signature of bytes. */
static bool sign(const struct signer *s, enum signature_algorithm algorithm,
    struct slice bytes, struct buf *out)
{
	unsigned char raw[PUBLIC_KEY_SIGNATURE_MAX];
	size_t len = sizeof raw;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is_made = ctx &&
		       EVP_DigestSignInit(
			   ctx, NULL, md_of(algorithm), NULL, s->pkey) == 1 &&
		       EVP_DigestSign(ctx, raw, &len,
			   (const unsigned char *)bytes.ptr, bytes.len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!is_made)
		return false;
	if (EVP_PKEY_is_a(s->pkey, "EC"))
		return put_pair(out, s->pkey, raw, len);
	buf_putn(out, (const char *)raw, len);
	return true;
}

/* --- a token --- */

static void put_base64url(struct buf *out, struct slice bytes)
{
	char *text = xmalloc(BASE64URL_CHARS(bytes.len) + 1);

	base64url_encode((const unsigned char *)bytes.ptr, bytes.len, text);
	buf_puts(out, text);
	free(text);
}

static void put_header(
    struct buf *out, enum signature_algorithm algorithm, const char *kid)
{
	struct buf header = { 0 };

	buf_printf(&header, "{\"alg\":\"%s\",\"typ\":\"JWT\"",
	    signature_algorithm_name(algorithm));
	if (kid) {
		buf_puts(&header, ",\"kid\":");
		json_put_string(&header, slice_str(kid));
	}
	buf_puts(&header, "}");
	put_base64url(out, buf_slice(&header));
	buf_fini(&header);
}

int signer_token(const struct signer *s, enum signature_algorithm algorithm,
    const char *kid, struct slice claims, struct buf *token, struct err *e)
{
	struct buf signature = { 0 }, text = { 0 };
	bool is_signed;

	put_header(&text, algorithm, kid);
	buf_puts(&text, ".");
	put_base64url(&text, claims);
	is_signed = sign(s, algorithm, buf_slice(&text), &signature);
	if (is_signed) {
		buf_putn(token, text.data, text.len);
		buf_puts(token, ".");
		put_base64url(token, buf_slice(&signature));
	}
	buf_fini(&text);
	buf_fini(&signature);
	return is_signed ? 0 : err_set(e, -EINVAL, "it cannot be signed");
}
