/*
 * tls_tickets: what makes and opens the session tickets of a listener. Its keys
 * are those of a file, which several instances may share and which an operator
 * replaces; or keys of our own, which nobody else knows and which change by
 * themselves: who learns them later opens no ticket, and no conversation of TLS
 * 1.2, that is older than their life.
 *
 * A reload with the same kind of keys in mind goes on with the ones of our own;
 * contexts of OpenSSL hold what they use.
 */
#ifndef SYS_TLS_TICKETS_H
#define SYS_TLS_TICKETS_H

#include <stdbool.h>

#include "base/err.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct tls_tickets;

enum {
	/*
	 * For how long a client may come back with a ticket, from its full
	 * handshake on; with TLS 1.3, in which each one that is taken is
	 * answered by another, from its last handshake on.
	 */
	TLS_TICKETS_LIFETIME_S = 12 * 60 * 60,
};

/* Keys of our own. One reference, the caller's; aborts without memory. */
struct tls_tickets *tls_tickets_new(void);

/*
 * The keys of a file (proto/ticket_keys). NULL with e, which names the file.
 * Boot and reload.
 */
struct tls_tickets *tls_tickets_load(const char *file, struct err *e);

/* Any thread. The last reference ends with the keys overwritten. */
struct tls_tickets *tls_tickets_ref(struct tls_tickets *t);
void tls_tickets_unref(struct tls_tickets *t);

/* Whether they are keys of our own. */
bool tls_tickets_are_own(const struct tls_tickets *t);

/*
 * Put a new key in the place of ours, which goes on to open what it has made;
 * the one before it is gone. To be called once in a ticket's lifetime. Keys of
 * a file stay. Any thread.
 */
void tls_tickets_turn(struct tls_tickets *t);

/*
 * Have connections of ctx get tickets, and come back with them, by t; ctx holds
 * a reference. -ENOMEM: no memory. Main thread.
 */
int tls_tickets_give(struct tls_tickets *t, struct ssl_ctx_st *ctx)
    __attribute__((warn_unused_result));

#endif
