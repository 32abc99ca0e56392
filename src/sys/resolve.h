/*
 * resolve: from a host to addresses, without blocking: those of paths and
 * numbers at once, names by /etc/hosts and DNS (evdns). Both files and the
 * name servers are read anew each time, so that a changed address is seen.
 * Each thread uses it on its own event base.
 */
#ifndef SYS_RESOLVE_H
#define SYS_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/ip.h"

struct address;
struct event_base;
struct resolve;

enum {
	RESOLVE_MAX = 16,
	RESOLVE_FILES_MAX = 4, /* descriptors of one look-up: name servers */
};

struct resolve_address {
	struct sockaddr_storage addr;
	socklen_t len;
};

/* Whether they are one. A unix socket stays where it is. */
bool resolve_is_same(
    const struct resolve_address *a, const struct resolve_address *b);

/* As "192.0.2.7:6379"; "" for none, and for a unix socket. */
void resolve_print(
    const struct resolve_address *a, char text[IP_PORT_TEXT_MAX]);

/*
 * The answer: count addresses, borrowed for the call, or none and why. The
 * resolve is gone when this is called.
 */
typedef void (*resolve_fn)(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why);

/*
 * Start; fn is called once, never before this returns. host is borrowed for
 * this call only.
 */
struct resolve *resolve_start(struct event_base *base,
    const struct address *host, resolve_fn fn, void *arg);

/*
 * Give up: fn is not called any more. NULL is fine. A DNS query that is under
 * way lets go of its memory within the next two turns of the loop, not here.
 */
void resolve_abandon(struct resolve *r);

#endif
