/*
 * net_shared: what the transport has for all workers, and for each of them.
 */
#ifndef NET_NET_SHARED_H
#define NET_NET_SHARED_H

#include "base/err.h"

struct accepting;
struct addresses;
struct authenticators;
struct conf;
struct hooks;
struct listeners;

/* worker_shared.net: made at boot, then only read by workers. */
struct net_shared {
	struct listeners *listeners;           /* owned */
	struct authenticators *authenticators; /* owned */
	struct addresses *addresses; /* owned; counts clients by address */
	unsigned worker_count;
};

/* worker.net: touched by its worker only. */
struct net_worker {
	struct accepting *accepting; /* owned; NULL once it has stopped */
	struct hooks *hooks;         /* owned */
};

/*
 * Bind the listeners and read certificates and keys. 0 or a negative errno
 * with e filled; shared is to be given to net_shared_fini in any case. Boot.
 */
int net_shared_init(struct net_shared *shared, const struct conf *conf,
    unsigned worker_count, struct err *e) __attribute__((warn_unused_result));

void net_shared_fini(struct net_shared *shared);

#endif
