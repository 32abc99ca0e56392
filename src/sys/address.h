/*
 * address: the addresses of the configuration, and sockets that listen there.
 *
 * host:port, [v6]:port, *:port (IPv4 and IPv6) and unix:/path. Hosts are
 * numeric or names of this machine (getaddrinfo, at boot only).
 */
#ifndef SYS_ADDRESS_H
#define SYS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { ADDRESS_TEXT_MAX = 128 };

struct address_options {
	bool reuse_port; /* several sockets share the port */
	int send_buffer; /* SO_SNDBUF of what is accepted; 0: kernel's */
	int backlog;
};

/*
 * Bind and listen. Returns a non-blocking close-on-exec socket that the
 * caller owns, or a negative errno with e filled (address and remedy). actual,
 * of ADDRESS_TEXT_MAX bytes, is where it listens really: port 0 becomes the
 * port that was found. A unix socket that nobody serves any more is
 * replaced; one that is served is in use. Boot only: may block.
 */
int address_listen(const char *address, const struct address_options *options,
    char *actual, struct err *e) __attribute__((warn_unused_result));

/* Whether this is unix:/path; such a file goes with address_remove. */
bool address_is_unix(const char *address);

/* Remove the file of a unix:/path that this process listens at. */
void address_remove(const char *address);

#endif
