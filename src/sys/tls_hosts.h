/*
 * tls_hosts: which context a client gets by the host name that it asks for.
 * The names are the DNS names of the certificates (subjectAltName), wildcards
 * among them.
 */
#ifndef SYS_TLS_HOSTS_H
#define SYS_TLS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct tls_hosts;
struct x509_st; /* its X509 */

/* Empty; aborts when memory is out. */
struct tls_hosts *tls_hosts_new(void);
/* NULL is fine. */
void tls_hosts_free(struct tls_hosts *h);

/*
 * Give the certificate's names to ctx, of which each takes a reference; NULL
 * is the default one, of which none is held. A name that is there already stays
 * where it is. Returns how many were not. Boot and main thread.
 */
size_t tls_hosts_add(struct tls_hosts *h, const struct x509_st *certificate,
    struct ssl_ctx_st *ctx);

/*
 * Whether one context has these very names: *ctx, borrowed; NULL: the default.
 */
bool tls_hosts_are_of_one(const struct tls_hosts *h,
    const struct x509_st *certificate, struct ssl_ctx_st **ctx);

/*
 * The context for a name, in either case of letters: of the one that it is, or
 * else of the wildcard for all names beside it. Borrowed; NULL: the default.
 * Any thread, once all are added.
 */
struct ssl_ctx_st *tls_hosts_find(const struct tls_hosts *h, struct slice name);

#endif
