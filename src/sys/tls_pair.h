/*
 * tls_pair: a certificate and its key, from files into OpenSSL. A listener has
 * one; so may a client whose server asks who it is.
 */
#ifndef SYS_TLS_PAIR_H
#define SYS_TLS_PAIR_H

#include <stdint.h>

#include "base/err.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/*
 * Read certificate chain and key (PEM) into ctx. 0; or -EINVAL with e, which
 * names the file, when they cannot be used: not readable, not PEM, not a pair.
 * Dates do not matter here. Main thread.
 */
int tls_pair_load(struct ssl_ctx_st *ctx, const char *certificate,
    const char *key, struct err *e) __attribute__((warn_unused_result));

/* When a certificate is valid: the first and last second since 1970. */
struct tls_dates {
	int64_t begin_s;
	int64_t end_s;
};

/* The dates of the certificate that was loaded into ctx. */
struct tls_dates tls_pair_dates(const struct ssl_ctx_st *ctx);

/* Why these dates make a certificate not valid at now_s; NULL: they do not. */
const char *tls_pair_fault(const struct tls_dates *d, int64_t now_s);

#endif
