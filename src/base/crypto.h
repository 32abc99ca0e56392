/*
 * crypto: the few primitives of OpenSSL's libcrypto that the gateway needs.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CRYPTO_SHA1_BYTES = 20,
	CRYPTO_SHA256_BYTES = 32,
	CRYPTO_BLOCK_BYTES = 16,
};

/*
 * SHA-1 of len bytes (RFC 3174), where others want it: Sec-WebSocket-Accept,
 * the names of Redis' scripts. Any thread.
 */
void crypto_sha1(
    const void *p, size_t len, unsigned char digest[CRYPTO_SHA1_BYTES]);

/* SHA-256 (FIPS 180-4). Any thread. */
void crypto_sha256(
    const void *p, size_t len, unsigned char digest[CRYPTO_SHA256_BYTES]);

/*
 * HKDF with SHA-256 (RFC 5869) and no salt: len bytes to out, at most 8160,
 * that only who has the secret can tell from random ones. info is a text that
 * says what they are for. Any thread; aborts when memory is out.
 */
void crypto_hkdf(const void *secret, size_t secret_len, const char *info,
    void *out, size_t len);

/* Fill len bytes at p with random ones of the kernel; aborts without any. */
void crypto_random(void *p, size_t len);

/*
 * Whether two times len bytes are equal, in a time that does not depend on
 * where they differ: for secrets. Any thread.
 */
bool crypto_equal(const void *a, const void *b, size_t len);

/*
 * Base64 with padding (RFC 4648, section 4), NUL-terminated. out holds
 * 4 * ((len + 2) / 3) + 1 bytes. Returns the length without the NUL.
 */
size_t crypto_base64_encode(const void *p, size_t len, char *out);

/*
 * Strict base64: standard alphabet, padding as it must be, no white space.
 * out holds 3 * (len / 4) bytes. Returns the number of bytes, or -EINVAL.
 */
long crypto_base64_decode(const char *p, size_t len, unsigned char *out)
    __attribute__((warn_unused_result));

/*
 * One block cipher (AES-128) under one key: a permutation of 16-byte blocks
 * that nobody without the key can run. Not thread-safe: one for each thread.
 */
struct crypto_block;
struct crypto_block *crypto_block_new(
    const unsigned char key[CRYPTO_BLOCK_BYTES]);
void crypto_block_free(struct crypto_block *b);
void crypto_block_encrypt(struct crypto_block *b,
    const unsigned char in[CRYPTO_BLOCK_BYTES],
    unsigned char out[CRYPTO_BLOCK_BYTES]);
/* The way back, from any 16 bytes: each block is the image of one. */
void crypto_block_decrypt(struct crypto_block *b,
    const unsigned char in[CRYPTO_BLOCK_BYTES],
    unsigned char out[CRYPTO_BLOCK_BYTES]);

/* The version of OpenSSL that is in use. */
const char *crypto_library(void);

#endif
