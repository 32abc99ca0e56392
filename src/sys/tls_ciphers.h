/*
 * tls_ciphers: which cipher a server takes of those that a client can use.
 */
#ifndef SYS_TLS_CIPHERS_H
#define SYS_TLS_CIPHERS_H

#include <stdbool.h>

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/*
 * Have a server's context take the cipher that costs least, AES-128-GCM, before
 * all others; and ChaCha20-Poly1305 where a client has put that first, as it
 * does without instructions for AES. Which there are is left as it is. False:
 * memory is out.
 */
bool tls_ciphers_order(struct ssl_ctx_st *ctx)
    __attribute__((warn_unused_result));

#endif
