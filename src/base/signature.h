/*
 * signature: the algorithms that may sign a token (RFC 7518, section 3.1, and
 * RFC 8037), and the keys that check them.
 *
 * A key is a secret or a public key and knows which algorithms it fits; a
 * check with another one fails before anything is computed. So a public key
 * is never taken for an HMAC secret, nor the other way round.
 */
#ifndef BASE_SIGNATURE_H
#define BASE_SIGNATURE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/public_key.h"
#include "base/slice.h"

/* Id, name in a token, kind of key, digest. */
#define SIGNATURE_ALGORITHMS(X)           \
	X(HS256, "HS256", SECRET, SHA256) \
	X(HS384, "HS384", SECRET, SHA384) \
	X(HS512, "HS512", SECRET, SHA512) \
	X(RS256, "RS256", RSA, SHA256)    \
	X(RS384, "RS384", RSA, SHA384)    \
	X(RS512, "RS512", RSA, SHA512)    \
	X(ES256, "ES256", P256, SHA256)   \
	X(ES384, "ES384", P384, SHA384)   \
	X(ES512, "ES512", P521, SHA512)   \
	X(EDDSA, "EdDSA", ED25519, SHA512)

enum signature_algorithm {
#define X(id, name, kind, digest) SIGNATURE_##id,
	SIGNATURE_ALGORITHMS(X)
#undef X
	    SIGNATURE_ALGORITHM_COUNT
};

/* A set of algorithms has this bit for each. */
#define SIGNATURE_BIT(algorithm) (1u << (algorithm))

/*
 * The algorithm of exactly this name, or -1: names have case (RFC 7515,
 * section 4.1.1), and "none" is no algorithm here.
 */
int signature_algorithm(struct slice name);
const char *signature_algorithm_name(enum signature_algorithm algorithm);

struct signature_key;

/*
 * A key of an HMAC secret, which is copied, or of a public key, which is taken
 * over; *k is then NULL.
 */
struct signature_key *signature_key_of_secret(struct slice secret);
struct signature_key *signature_key_of_public(struct public_key **k);
void signature_key_free(struct signature_key *key);

/*
 * The set of algorithms that this key fits by kind, curve and length: a secret
 * shorter than the digest does not (RFC 7518, section 3.2).
 */
unsigned signature_key_algorithms(const struct signature_key *key);

/* The least length of a secret for this algorithm; 0 when it takes none. */
size_t signature_secret_min(enum signature_algorithm algorithm);

/* Whether signature is one of bytes by this key and algorithm. Any thread. */
bool signature_verify(const struct signature_key *key,
    enum signature_algorithm algorithm, struct slice bytes,
    struct slice signature) __attribute__((warn_unused_result));

#endif
