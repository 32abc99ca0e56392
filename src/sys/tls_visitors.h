/*
 * tls_visitors: whose certificates a server believes when clients show theirs:
 * the authorities, and the lists of what those have revoked.
 */
#ifndef SYS_TLS_VISITORS_H
#define SYS_TLS_VISITORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* All borrowed, for the call that is given them. */
struct tls_visitors {
	const char *ca;  /* PEM file of authorities; NULL: nobody is asked */
	const char *crl; /* PEM file of their lists; NULL: none is looked at */
	bool must_show;  /* else who shows none comes in as well */
};

/*
 * Have ctx ask each client for a certificate, as v says: one that none of the
 * authorities has signed, is out of its dates or revoked ends the handshake,
 * and so do more than 16 KiB with those of its issuers. Sessions are not
 * resumed then: each client shows its certificate each time.
 *
 * 0; or a negative errno with e, which names the file: as tls_trust_load, or
 * lists that are broken, none, out of their dates or of nobody in ca. Main
 * thread.
 */
int tls_visitors_ask(struct ssl_ctx_st *ctx, const struct tls_visitors *v,
    struct err *e) __attribute__((warn_unused_result));

/*
 * When the first of the lists that ctx was given ends, in seconds since 1970;
 * 0: none does. Before ctx is in use: handshakes turn its store over.
 */
int64_t tls_visitors_lists_end(const struct ssl_ctx_st *ctx);

/* The same for to, with what was read for from. -ENOMEM: no memory. */
int tls_visitors_share(struct ssl_ctx_st *from, struct ssl_ctx_st *to)
    __attribute__((warn_unused_result));

#endif
