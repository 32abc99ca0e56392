/*
 * tls_server: what the TLS connections of a listener have in common: its
 * certificate and key, the keys of the tickets, OpenSSL's settings. The files
 * are read again when somebody says so.
 */
#ifndef SYS_TLS_SERVER_H
#define SYS_TLS_SERVER_H

#include "base/err.h"
#include "sys/tls_dates.h"

struct tls;
struct tls_server;

/*
 * Read certificate chain and key (PEM); both names are borrowed. NULL with e
 * filled when they cannot be used (sys/tls_pair), or no handshake is possible
 * with them (sys/tls_trial). Main thread.
 */
struct tls_server *tls_server_new(
    const char *certificate, const char *key, struct err *e);

/* Free the settings; live connections go on. NULL is fine. */
void tls_server_free(struct tls_server *t);

/*
 * Read the files again, to be used or dropped: 0; or -EINVAL with e filled when
 * they cannot be used; a certificate that is not valid now is one. Main thread,
 * as the next three.
 */
int tls_server_read(struct tls_server *t, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Take what was read: connections from now on get it, live ones keep theirs.
 * Nothing happens when nothing was read.
 */
void tls_server_use(struct tls_server *t);
void tls_server_drop(struct tls_server *t);

/* The dates of the certificate in use. */
struct tls_dates tls_server_dates(const struct tls_server *t);

/*
 * A stream for a client that was accepted on fd (borrowed), owned by the
 * caller; NULL: no memory. Any thread.
 */
struct tls *tls_server_accept(struct tls_server *t, int fd);

#endif
