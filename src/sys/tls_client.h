/*
 * tls_client: streams to a server whose certificate and name are verified,
 * always. Who connects rarely has its files read for each connection, so that
 * what was renewed meanwhile counts; who connects often, once.
 */
#ifndef SYS_TLS_CLIENT_H
#define SYS_TLS_CLIENT_H

#include "base/err.h"

struct tls;
struct tls_client;

/* PEM files; borrowed. */
struct tls_client_files {
	const char *ca;          /* whom to believe; NULL: as the system does */
	const char *certificate; /* who we are; NULL: nobody asks */
	const char *key;         /* its key; with it only */
};

/*
 * Look at the files, as a connection would: 0; or a negative errno with e,
 * which names the file: what sys/tls_trust and sys/tls_pair say, and a
 * certificate of ours that is not valid now. Main thread, the first time before
 * there are others.
 */
int tls_client_check_ca(const struct tls_client_files *files, struct err *e)
    __attribute__((warn_unused_result));
int tls_client_check_pair(const struct tls_client_files *files, struct err *e)
    __attribute__((warn_unused_result));

/*
 * What connections to one server have in common, by the files as they are now:
 * its certificate must be for name: a host's, which it is told (SNI), or an IP
 * address. 0 with *out, a reference of the caller's; or a negative errno with
 * e. Main thread.
 */
int tls_client_new(struct tls_client **out,
    const struct tls_client_files *files, const char *name, struct err *e)
    __attribute__((warn_unused_result));

/* Any thread; unref of NULL is fine. */
struct tls_client *tls_client_ref(struct tls_client *c);
void tls_client_unref(struct tls_client *c);

/*
 * A stream to a server that was connected to on fd (borrowed), owned by the
 * caller; NULL: memory is out. Any thread.
 */
struct tls *tls_client_open(struct tls_client *c, int fd);

/*
 * The same by the files as they are now, for one connection. 0 with *out, owned
 * by the caller; or a negative errno with e. Main thread.
 */
int tls_client_connect(struct tls **out, const struct tls_client_files *files,
    const char *name, int fd, struct err *e)
    __attribute__((warn_unused_result));

#endif
