#include "base/crypto.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/ascii.h"
#include "base/fatal.h"
#include "base/mem.h"

struct crypto_block {
	EVP_CIPHER_CTX *encrypt; /* owned */
	EVP_CIPHER_CTX *decrypt; /* owned */
};

static void need(bool is_fine)
{
	if (!is_fine)
		fatal("crypto", "libcrypto or getrandom fails");
}

/*
 * What the library's providers have for SHA-1, looked for once and kept: with
 * EVP_sha1() it is looked for in each digest, which takes longer than the rest.
 */
static EVP_MD *sha1;

static void find_sha1(void)
{
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

void crypto_sha1(
    const void *p, size_t len, unsigned char digest[CRYPTO_SHA1_BYTES])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, find_sha1);
	need(EVP_Digest(p, len, digest, NULL, sha1, NULL) == 1);
}

void crypto_sha256(
    const void *p, size_t len, unsigned char digest[CRYPTO_SHA256_BYTES])
{
	need(EVP_Digest(p, len, digest, NULL, EVP_sha256(), NULL) == 1);
}

/* OpenSSL takes parameters as if it changed them. */
static OSSL_PARAM octets(const char *key, const void *p, size_t len)
{
	return OSSL_PARAM_construct_octet_string(
	    key, (void *)(uintptr_t)p, len);
}

void crypto_hkdf(const void *secret, size_t secret_len, const char *info,
    void *out, size_t len)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, digest, 0),
		octets(OSSL_KDF_PARAM_KEY, secret, secret_len),
		octets(OSSL_KDF_PARAM_INFO, info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;

	need(ctx && EVP_KDF_derive(ctx, out, len, params) == 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

void crypto_random(void *p, size_t len)
{
	unsigned char *out = p;

	while (len > 0) {
		ssize_t got = getrandom(out, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		need(got > 0);
		out += got;
		len -= (size_t)got;
	}
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

size_t crypto_base64_encode(const void *p, size_t len, char *out)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)out, p, (int)len);
}

static bool is_base64_char(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '+' || c == '/';
}

long crypto_base64_decode(const char *p, size_t len, unsigned char *out)
{
	size_t pad = 0;
	int bytes;

	if (len == 0)
		return 0;
	if (len % 4 != 0 || len > 1u << 30)
		return -EINVAL;
	while (pad < 2 && p[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++)
		if (!is_base64_char(p[i]))
			return -EINVAL;
	bytes = EVP_DecodeBlock(out, (const unsigned char *)p, (int)len);
	if (bytes < 0)
		return -EINVAL;
	return bytes - (long)pad; /* EVP_DecodeBlock counts padding as bytes */
}

static EVP_CIPHER_CTX *block_context(
    const unsigned char key[CRYPTO_BLOCK_BYTES], bool encrypts)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	need(ctx != NULL);
	need(EVP_CipherInit_ex(
		 ctx, EVP_aes_128_ecb(), NULL, key, NULL, encrypts) == 1);
	need(EVP_CIPHER_CTX_set_padding(ctx, 0) == 1);
	return ctx;
}

struct crypto_block *crypto_block_new(
    const unsigned char key[CRYPTO_BLOCK_BYTES])
{
	struct crypto_block *b = xmalloc(sizeof *b);

	b->encrypt = block_context(key, true);
	b->decrypt = block_context(key, false);
	return b;
}

void crypto_block_free(struct crypto_block *b)
{
	if (!b)
		return;
	EVP_CIPHER_CTX_free(b->encrypt);
	EVP_CIPHER_CTX_free(b->decrypt);
	free(b);
}

static void run_block(
    EVP_CIPHER_CTX *ctx, const unsigned char *in, unsigned char *out)
{
	int len = 0;

	need(EVP_CipherUpdate(ctx, out, &len, in, CRYPTO_BLOCK_BYTES) == 1);
	need(len == CRYPTO_BLOCK_BYTES);
}

void crypto_block_encrypt(struct crypto_block *b,
    const unsigned char in[CRYPTO_BLOCK_BYTES],
    unsigned char out[CRYPTO_BLOCK_BYTES])
{
	run_block(b->encrypt, in, out);
}

void crypto_block_decrypt(struct crypto_block *b,
    const unsigned char in[CRYPTO_BLOCK_BYTES],
    unsigned char out[CRYPTO_BLOCK_BYTES])
{
	run_block(b->decrypt, in, out);
}

const char *crypto_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
