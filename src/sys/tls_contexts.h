/*
 * tls_contexts: OpenSSL's contexts of one listener, one for each certificate;
 * which of them a client gets is up to the host name that it asks for. The one
 * of the first certificate is for all who ask for another or none, and holds
 * the others for as long as it lives.
 */
#ifndef SYS_TLS_CONTEXTS_H
#define SYS_TLS_CONTEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sys/tls_dates.h"
#include "sys/tls_visitors.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct tls_tickets;

/* Files (PEM): a certificate with those of its issuers behind it, its key. */
struct tls_files {
	const char *certificate;
	const char *key;
};

/* All borrowed, for the call that is given them. */
struct tls_settings {
	const struct tls_files *pairs; /* at least one; the first: see above */
	size_t pair_count;
	bool is_1_3_only;        /* of TLS's versions; else 1.2 as well */
	const char *ticket_keys; /* a file; NULL: keys of our own */
	struct tls_visitors visitors;
};

/*
 * Read all files but that of the tickets' keys: tickets are made and opened by
 * those given. The first one's context, with one reference, the caller's, and
 * the dates of pair_count certificates in dates. NULL with e, which names the
 * file: as tls_pair_load, tls_trial and tls_visitors_ask, or a further
 * certificate that would never be chosen. Main thread.
 */
struct ssl_ctx_st *tls_contexts_load(const struct tls_settings *s,
    struct tls_tickets *tickets, struct tls_dates *dates, struct err *e);

#endif
