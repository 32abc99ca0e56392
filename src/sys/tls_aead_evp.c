#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "sys/tls_aead.h"

static EVP_CIPHER *ciphers[TLS_AEAD_KINDS]; /* NULL: libcrypto has none */

/* Found once: looking for one takes longer than a small record. */
static void find_ciphers(void)
{
	static const char *const names[TLS_AEAD_KINDS] = {
		[TLS_AES_128_GCM] = "AES-128-GCM",
		[TLS_AES_256_GCM] = "AES-256-GCM",
		[TLS_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
	};

	for (size_t i = 0; i < TLS_AEAD_KINDS; i++)
		ciphers[i] = EVP_CIPHER_fetch(NULL, names[i], NULL);
}

static bool evp_has(enum tls_aead_kind kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_ciphers);
	return ciphers[kind] != NULL;
}

static void *evp_open_state(enum tls_aead_kind kind)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx &&
	    EVP_CipherInit_ex(ctx, ciphers[kind], NULL, NULL, NULL, 1) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static void evp_free_state(void *state)
{
	EVP_CIPHER_CTX_free(state);
}

static void evp_forget_key(void *state)
{
	static const unsigned char none[TLS_AEAD_KEY_MAX];

	tls_aead_need(EVP_CipherInit_ex(state, NULL, NULL, none, NULL, 1) == 1);
}

static void begin(
    EVP_CIPHER_CTX *ctx, const struct tls_aead_record *r, bool is_sealing)
{
	const unsigned char *head = (const unsigned char *)r->head.ptr;
	int n;

	tls_aead_need(EVP_CipherInit_ex(
			  ctx, NULL, NULL, r->key, r->nonce, is_sealing) == 1);
	tls_aead_need(
	    EVP_CipherUpdate(ctx, NULL, &n, head, (int)r->head.len) == 1);
}

/* As EVP_CIPHER_CTX_ctrl has it, which takes longer to say the same. */
static bool take_tag(EVP_CIPHER_CTX *ctx, unsigned char *to)
{
	OSSL_PARAM wanted[] = { OSSL_PARAM_octet_string(
				    OSSL_CIPHER_PARAM_AEAD_TAG, to,
				    TLS_AEAD_TAG_BYTES),
		OSSL_PARAM_END };

	return EVP_CIPHER_CTX_get_params(ctx, wanted) == 1;
}

static void evp_seal(void *state, const struct tls_aead_record *r,
    struct slice content, unsigned char last, unsigned char *to)
{
	int n = 0;

	begin(state, r, true);
	if (content.len > 0)
		tls_aead_need(EVP_CipherUpdate(state, to, &n,
				  (const unsigned char *)content.ptr,
				  (int)content.len) == 1);
	to += n;
	tls_aead_need(EVP_CipherUpdate(state, to, &n, &last, 1) == 1);
	to += n;
	tls_aead_need(EVP_CipherFinal_ex(state, to, &n) == 1);
	tls_aead_need(take_tag(state, to + n));
}

static bool evp_open(void *state, const struct tls_aead_record *r,
    struct slice sealed, unsigned char *to)
{
	size_t len = sealed.len - TLS_AEAD_TAG_BYTES;
	unsigned char tag[TLS_AEAD_TAG_BYTES];
	int n = 0, rest = 0;

	begin(state, r, false);
	memcpy(tag, sealed.ptr + len, sizeof tag);
	tls_aead_need(EVP_CIPHER_CTX_ctrl(
			  state, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1);
	if (len > 0)
		tls_aead_need(
		    EVP_CipherUpdate(state, to, &n,
			(const unsigned char *)sealed.ptr, (int)len) == 1);
	return EVP_CipherFinal_ex(state, to + n, &rest) == 1;
}

const struct tls_aead tls_aead_evp = {
	.has = evp_has,
	.open_state = evp_open_state,
	.free_state = evp_free_state,
	.forget_key = evp_forget_key,
	.seal = evp_seal,
	.open = evp_open,
};
