/*
 * tls_trust: the authorities that one end believes when the other shows a
 * certificate, from a file into OpenSSL.
 */
#ifndef SYS_TLS_TRUST_H
#define SYS_TLS_TRUST_H

#include "base/err.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/*
 * Trust the certificates (PEM) in this file, each of which ends a chain, be it
 * its own issuer or not; NULL: those of the system. 0; or a negative errno with
 * e, which names the file: not readable, none in it, one that is broken, or all
 * of them out of their dates. Main thread.
 */
int tls_trust_load(struct ssl_ctx_st *ctx, const char *file, struct err *e)
    __attribute__((warn_unused_result));

#endif
