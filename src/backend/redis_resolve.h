/*
 * redis_resolve: from a host name to addresses, without blocking: numeric
 * addresses at once, names by /etc/hosts and DNS (evdns). Both files and the
 * name servers are read anew each time, so that a changed address is seen.
 */
#ifndef BACKEND_REDIS_RESOLVE_H
#define BACKEND_REDIS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct event_base;
struct redis_resolve;

enum { REDIS_RESOLVE_MAX = 16 };

struct redis_address {
	struct sockaddr_storage addr;
	socklen_t len;
};

/*
 * The answer: count addresses, borrowed for the call, or none and why. The
 * redis_resolve is gone when this is called.
 */
typedef void (*redis_resolve_fn)(void *arg,
    const struct redis_address *addresses, size_t count, const char *why);

/* Start; fn is called once, never before this returns. */
struct redis_resolve *redis_resolve_start(struct event_base *base,
    const char *host, uint16_t port, redis_resolve_fn fn, void *arg);

/*
 * Give up: fn is not called any more. NULL is fine. A DNS query that is under
 * way lets go of its memory within the next two turns of the loop, not here.
 */
void redis_resolve_abandon(struct redis_resolve *r);

#endif
