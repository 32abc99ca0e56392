/*
 * public_key: RSA, elliptic-curve and Ed25519 keys that check signatures, made
 * from a PEM file or from the numbers that a JWK spells out.
 *
 * A key is checked when it is made (size, exponent, curve, point on it), and
 * never changes afterwards. OpenSSL's own types stay inside.
 */
#ifndef BASE_PUBLIC_KEY_H
#define BASE_PUBLIC_KEY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"

enum {
	PUBLIC_KEY_RSA_BITS_MIN = 2048, /* RFC 7518, section 3.3 */
	PUBLIC_KEY_RSA_BITS_MAX = 8192, /* above, a check takes milliseconds */
	PUBLIC_KEY_SIGNATURE_MAX = PUBLIC_KEY_RSA_BITS_MAX / 8,
};

enum public_key_kind {
	PUBLIC_KEY_RSA,
	PUBLIC_KEY_P256,
	PUBLIC_KEY_P384,
	PUBLIC_KEY_P521,
	PUBLIC_KEY_ED25519,
};

enum public_key_digest {
	PUBLIC_KEY_SHA256,
	PUBLIC_KEY_SHA384,
	PUBLIC_KEY_SHA512,
};

struct public_key;

/*
 * From PEM text with one block: PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE, of
 * which only the key counts, not its dates. A private key is refused, and so
 * is a second block: the issuer's certificate behind one's own must not become
 * a key. NULL with e filled when it will not do. Boot and reload.
 */
struct public_key *public_key_from_pem(struct slice pem, struct err *e)
    __attribute__((warn_unused_result));

/* From modulus and exponent, big-endian. NULL with e filled. */
struct public_key *public_key_from_rsa(struct slice n, struct slice exponent,
    struct err *e) __attribute__((warn_unused_result));

/*
 * From a point on the curve of the kind, both coordinates in the full length
 * that the curve has (RFC 7518, section 6.2.1.2). NULL with e filled.
 */
struct public_key *public_key_from_ec(enum public_key_kind kind, struct slice x,
    struct slice y, struct err *e) __attribute__((warn_unused_result));

/* From the 32 bytes of RFC 8032. NULL with e filled. */
struct public_key *public_key_from_ed25519(struct slice x, struct err *e)
    __attribute__((warn_unused_result));

void public_key_free(struct public_key *k);

enum public_key_kind public_key_kind(const struct public_key *k);

/*
 * Whether signature is one of bytes under this key: PKCS#1 v1.5 for RSA, r and
 * s in full length one behind the other for a curve (not DER), RFC 8032 for
 * Ed25519, which has its digest built in. False also when memory is out. Leaves
 * the thread's OpenSSL error queue as it was. Any thread.
 */
bool public_key_verify(const struct public_key *k,
    enum public_key_digest digest, struct slice bytes, struct slice signature)
    __attribute__((warn_unused_result));

#endif
