/*
 * hmac: see hmac.h. Looking an algorithm up costs libcrypto more than a short
 * code, so it happens once: for each digest stands a context that has taken
 * in the secret, and a code is computed on a copy of it.
 */
#include "base/hmac.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/crypto.h"
#include "base/fatal.h"
#include "base/mem.h"

struct hmac_secret {
	EVP_MAC_CTX *keyed[HMAC_DIGEST_COUNT]; /* owned; only copied from */
};

static const struct {
	const char *name;
	size_t bytes;
} digests[HMAC_DIGEST_COUNT] = {
	[HMAC_SHA256] = { "SHA256", 32 },
	[HMAC_SHA384] = { "SHA384", 48 },
	[HMAC_SHA512] = { "SHA512", 64 },
};

static EVP_MAC_CTX *make_keyed(
    EVP_MAC *mac, const char *digest, struct slice secret)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	char name[8] = { 0 };
	OSSL_PARAM params[2];

	strncpy(name, digest, sizeof name - 1);
	params[0] =
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (!ctx || EVP_MAC_init(ctx, (const unsigned char *)secret.ptr,
			secret.len, params) != 1)
		fatal("crypto", "cannot make an HMAC: out of memory");
	return ctx;
}

struct hmac_secret *hmac_secret_new(struct slice secret)
{
	struct hmac_secret *h = xcalloc(1, sizeof *h);
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (!mac)
		fatal("crypto", "libcrypto gives no HMAC");
	for (size_t i = 0; i < HMAC_DIGEST_COUNT; i++)
		h->keyed[i] = make_keyed(mac, digests[i].name, secret);
	EVP_MAC_free(mac); /* the contexts hold it */
	return h;
}

void hmac_secret_free(struct hmac_secret *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < HMAC_DIGEST_COUNT; i++)
		EVP_MAC_CTX_free(h->keyed[i]); /* wipes the secret */
	free(h);
}

size_t hmac_bytes(enum hmac_digest digest)
{
	return digests[digest].bytes;
}

bool hmac_verify(const struct hmac_secret *h, enum hmac_digest digest,
    struct slice bytes, struct slice code)
{
	unsigned char want[HMAC_BYTES_MAX];
	size_t len = 0;
	EVP_MAC_CTX *ctx;
	bool is_made;

	if (code.len != digests[digest].bytes)
		return false;
	ERR_set_mark(); /* the thread's TLS sockets read the error queue too */
	ctx = EVP_MAC_CTX_dup(h->keyed[digest]);
	is_made = ctx != NULL &&
		  EVP_MAC_update(
		      ctx, (const unsigned char *)bytes.ptr, bytes.len) == 1 &&
		  EVP_MAC_final(ctx, want, &len, sizeof want) == 1;
	EVP_MAC_CTX_free(ctx);
	ERR_pop_to_mark();
	return is_made && len == code.len && crypto_equal(want, code.ptr, len);
}
