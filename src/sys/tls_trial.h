/*
 * tls_trial: whether a server's context can do a handshake at all. libssl
 * leaves out in silence what it could not load when memory was short, and takes
 * keys that no client can use: a listener would be open and every client
 * refused.
 */
#ifndef SYS_TLS_TRIAL_H
#define SYS_TLS_TRIAL_H

#include "base/err.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/*
 * One handshake of a server's context with a client of our own, in memory, as
 * a browser would do it but for trusting the certificate. 0; -EINVAL or -ENOMEM
 * with e, which names the file. Any thread that may use the context.
 */
int tls_trial(struct ssl_ctx_st *server, const char *certificate, struct err *e)
    __attribute__((warn_unused_result));

#endif
