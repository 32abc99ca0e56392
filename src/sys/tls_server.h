/*
 * tls_server: what the TLS connections of a listener have in common: its
 * certificates and keys, the keys of the tickets, OpenSSL's settings. The files
 * are read again when somebody says so.
 */
#ifndef SYS_TLS_SERVER_H
#define SYS_TLS_SERVER_H

#include <stdbool.h>

#include "base/err.h"
#include "sys/tls_contexts.h"

struct tls;
struct tls_server;

/*
 * Read the files of the settings, whatever the dates of the certificates are.
 * NULL with e filled when they cannot be used (sys/tls_contexts). Main thread.
 */
struct tls_server *tls_server_new(const struct tls_settings *s, struct err *e);

/* One that is of no use to clients before files are read and used. */
struct tls_server *tls_server_new_empty(void);

/* Whether that is yet to come. Main thread. */
bool tls_server_is_empty(const struct tls_server *t);

/* Free what is in common; live connections go on. NULL is fine. */
void tls_server_free(struct tls_server *t);

/*
 * Read these files in place of those, to be used or dropped: 0; or -EINVAL with
 * e filled when they cannot be used, or a certificate is not valid now. Main
 * thread, as the next five.
 */
int tls_server_read(struct tls_server *t, const struct tls_settings *s,
    struct err *e) __attribute__((warn_unused_result));

/*
 * Take what was read: connections from now on get it, live ones keep theirs.
 * Nothing happens when nothing was read.
 */
void tls_server_use(struct tls_server *t);
void tls_server_drop(struct tls_server *t);

/* Make tickets by a new key from now on, where keys are our own. */
void tls_server_turn_tickets(struct tls_server *t);

/* The dates of the certificate of this place among the settings in use. */
struct tls_dates tls_server_dates(const struct tls_server *t, size_t index);

/* When the first of its revocation lists ends; 0: it has none. */
int64_t tls_server_lists_end(const struct tls_server *t);

/*
 * A stream for a client that was accepted on fd (borrowed), owned by the
 * caller; NULL: no memory. Any thread.
 */
struct tls *tls_server_accept(struct tls_server *t, int fd);

#endif
