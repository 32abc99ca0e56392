/*
 * hmac: HMAC with SHA-2 (RFC 2104) under a secret that many threads share.
 */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <stdbool.h>

#include "base/slice.h"

enum { HMAC_BYTES_MAX = 64 };

enum hmac_digest { HMAC_SHA256, HMAC_SHA384, HMAC_SHA512, HMAC_DIGEST_COUNT };

/* A secret, ready for every digest. Never changes. */
struct hmac_secret;

/* Copies the secret; aborts when memory or libcrypto's HMAC is missing. */
struct hmac_secret *hmac_secret_new(struct slice secret);

/* Wipe and free. */
void hmac_secret_free(struct hmac_secret *h);

/* The length of the code, which is the least sensible length of a secret. */
size_t hmac_bytes(enum hmac_digest digest);

/*
 * Whether code is the authentication code of bytes, in a time that does not
 * depend on where it differs; false also when memory is out. Any thread.
 */
bool hmac_verify(const struct hmac_secret *h, enum hmac_digest digest,
    struct slice bytes, struct slice code) __attribute__((warn_unused_result));

#endif
