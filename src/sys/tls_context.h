/*
 * tls_context: what the TLS connections of a listener have in common.
 */
#ifndef SYS_TLS_CONTEXT_H
#define SYS_TLS_CONTEXT_H

#include <stdint.h>

#include "base/err.h"

struct ssl_st;     /* OpenSSL's SSL */
struct ssl_ctx_st; /* its SSL_CTX */
struct tls_context;

/*
 * Read certificate chain and key (PEM). NULL with e filled when they cannot be
 * used: not readable, not PEM, not a pair. Its dates do not matter here.
 * Main thread.
 */
struct tls_context *tls_context_new(
    const char *certificate, const char *key, struct err *e);

/*
 * Read the files again: what they hold is owned by the caller, who hands it to
 * tls_context_use or tls_context_drop. NULL with e filled when they cannot be
 * used; a certificate that is not valid now is one. Main thread.
 */
struct ssl_ctx_st *tls_context_read(const struct tls_context *t, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Take what tls_context_read has made: connections from now on get it, live
 * ones keep theirs. Main thread.
 */
void tls_context_use(struct tls_context *t, struct ssl_ctx_st **fresh);
void tls_context_drop(struct ssl_ctx_st *fresh); /* NULL is fine */

/* When a certificate is valid: the first and last second since 1970. */
struct tls_dates {
	int64_t begin_s;
	int64_t end_s;
};

/* Those of the current certificate. Main thread. */
struct tls_dates tls_context_dates(const struct tls_context *t);

/* What makes it not valid at now_s: a literal, or NULL. */
const char *tls_dates_fault(const struct tls_dates *d, int64_t now_s);

void tls_context_free(struct tls_context *t);

/*
 * A connection of the current context, owned by the caller; NULL: no memory.
 * Any thread.
 */
struct ssl_st *tls_context_new_ssl(struct tls_context *t);

#endif
