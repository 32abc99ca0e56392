/*
 * tls_client: a stream to a server whose certificate and name are verified,
 * always. Its files are read for each connection: what was renewed meanwhile
 * counts.
 */
#ifndef SYS_TLS_CLIENT_H
#define SYS_TLS_CLIENT_H

#include "base/err.h"

struct tls;

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
 * A stream to a server that was connected to on fd (borrowed), whose
 * certificate must be for name: a host's, which it is told (SNI), or an IP
 * address. 0 with *out, owned by the caller; or a negative errno with e. Main
 * thread.
 */
int tls_client_connect(struct tls **out, const struct tls_client_files *files,
    const char *name, int fd, struct err *e)
    __attribute__((warn_unused_result));

#endif
