/*
 * signer: makes what proto/jwt checks: a token, signed (RFC 7515). Private keys
 * are here and nowhere else: the gateway itself only ever verifies.
 */
#ifndef CTL_SIGNER_H
#define CTL_SIGNER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/signature.h"
#include "base/slice.h"

struct signer;

/*
 * Of a secret, which is copied; of a private key in PEM without a passphrase,
 * as openssl writes it. NULL with e when it will not do.
 */
struct signer *signer_of_secret(struct slice secret, struct err *e)
    __attribute__((warn_unused_result));
struct signer *signer_of_pem(struct slice pem, struct err *e)
    __attribute__((warn_unused_result));
void signer_free(struct signer *s);

/* The set of algorithms that it can sign by. */
unsigned signer_algorithms(const struct signer *s);

/*
 * Append the token of these claims, a JSON object, signed by one of those
 * algorithms; kid may be NULL. 0, or -EINVAL with e.
 */
int signer_token(const struct signer *s, enum signature_algorithm algorithm,
    const char *kid, struct slice claims, struct buf *token, struct err *e)
    __attribute__((warn_unused_result));

#endif
