/*
 * jwk: one key as a JSON object (RFC 7517, 7518 section 6, RFC 8037).
 */
#ifndef PROTO_JWK_H
#define PROTO_JWK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/signature.h"

struct cJSON;

struct jwk {
	struct signature_key *key; /* owned */
	char *kid;                 /* owned; NULL: has none */
	unsigned algorithms;       /* what its "alg" says; else all */
	size_t secret_len;         /* 0: a public key */
};

/*
 * Make a key of an object: kty RSA (n, e), EC (crv, x, y), OKP (crv Ed25519,
 * x) or oct (k). Returns 0; -ENOTSUP with e filled when it is a key for
 * something else, to be passed over in a set (RFC 7517, section 5): another
 * kty, crv or alg, a use or key_ops without checking signatures; or -EINVAL
 * with e filled when it is broken or private. A "k" in the object is wiped in
 * any case. Boot and reload.
 */
int jwk_parse(struct cJSON *object, struct jwk *out, struct err *e)
    __attribute__((warn_unused_result));

/* Free what jwk_parse has made and nobody has taken. */
void jwk_fini(struct jwk *k);

#endif
