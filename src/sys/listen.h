/*
 * listen: sockets that listen at the addresses of the configuration
 * (base/address.h). Hosts are numeric or names of this machine (getaddrinfo,
 * at boot only).
 */
#ifndef SYS_LISTEN_H
#define SYS_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { LISTEN_TEXT_MAX = 128 };

struct listen_options {
	bool reuse_port; /* several sockets share the port */
	int send_buffer; /* SO_SNDBUF of what is accepted; 0: kernel's */
	int backlog;
};

/*
 * Bind and listen. Returns a non-blocking close-on-exec socket that the
 * caller owns, or a negative errno with e filled (address and remedy). actual,
 * of LISTEN_TEXT_MAX bytes, is where it listens really: port 0 becomes the
 * port that was found. A unix socket that nobody serves any more is
 * replaced; one that is served is in use. Boot only: may block.
 */
int listen_open(const char *address, const struct listen_options *options,
    char *actual, struct err *e) __attribute__((warn_unused_result));

/* Whether this is unix:/path; such a file goes with listen_remove. */
bool listen_is_unix(const char *address);

/* Remove the file of a unix:/path that this process listens at. */
void listen_remove(const char *address);

#endif
