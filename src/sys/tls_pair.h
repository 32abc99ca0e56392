/*
 * tls_pair: a certificate and its key, from files into OpenSSL. A listener has
 * one; so may a client whose server asks who it is.
 */
#ifndef SYS_TLS_PAIR_H
#define SYS_TLS_PAIR_H

#include "base/err.h"
#include "sys/tls_dates.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/*
 * Read certificate chain and key (PEM) into ctx. 0; or -EINVAL with e, which
 * names the file, when they cannot be used: not readable, not PEM, not a pair.
 * Dates do not matter here. Main thread.
 */
int tls_pair_load(struct ssl_ctx_st *ctx, const char *certificate,
    const char *key, struct err *e) __attribute__((warn_unused_result));

/* The dates of the certificate that was loaded into ctx. */
struct tls_dates tls_pair_dates(const struct ssl_ctx_st *ctx);

#endif
