/*
 * shared: what the transport has for all workers, and for each of them.
 */
#ifndef NET_SHARED_H
#define NET_SHARED_H

#include "base/buf.h"
#include "base/err.h"

struct accepting;
struct addresses;
struct auth_keys;
struct authenticators;
struct conf;
struct hooks;
struct listeners;
struct mistakes;

/* worker_shared.net: made at boot, then only read by workers. */
struct net_shared {
	struct listeners *listeners;           /* owned */
	struct authenticators *authenticators; /* owned */
	struct auth_keys *fresh;               /* owned; only during a reload */
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
/*
 * Read the keys and certificates that conf names, as net_shared_init does, and
 * forget them: everything that is wrong is in problems, at its place. What is
 * no mistake but worth a word is appended to notes, a line each.
 */
void net_shared_check(
    const struct conf *conf, struct buf *notes, struct mistakes *problems);

/*
 * A reload: read all keys and certificates again, then use or drop what was
 * read. 0; or -EINVAL when some cannot be used: keys are then in problems,
 * certificates have been logged, and there is something to drop. Main thread.
 */
int net_shared_read(struct net_shared *shared, const struct conf *conf,
    struct mistakes *problems) __attribute__((warn_unused_result));
void net_shared_use(struct net_shared *shared);
void net_shared_drop(struct net_shared *shared);

void net_shared_fini(struct net_shared *shared);

#endif
