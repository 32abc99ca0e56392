/*
 * tls_context: what the TLS connections of a listener have in common.
 */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include "base/err.h"

struct ssl_st; /* OpenSSL's SSL */
struct tls_context;

/*
 * Read certificate chain and key (PEM). NULL with e filled when they cannot be
 * used: not readable, not PEM, not a pair, expired. Main thread.
 */
struct tls_context *tls_context_new(
    const char *certificate, const char *key, struct err *e);

/*
 * Read the files again; connections from now on get the new ones, live ones
 * keep theirs. On failure e is filled and all stays as it was. Main thread.
 */
int tls_context_reload(struct tls_context *t, struct err *e)
    __attribute__((warn_unused_result));

void tls_context_free(struct tls_context *t);

/* A connection of the current context, owned by the caller; NULL: no memory.
 * Any thread. */
struct ssl_st *tls_context_new_ssl(struct tls_context *t);

#endif
