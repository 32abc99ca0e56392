/*
 * net_shared: what the transport has for all workers, and for each of them.
 */
#ifndef NET_NET_SHARED_H
#define NET_NET_SHARED_H

#include "base/bucket.h"
#include "base/err.h"
#include "base/list.h"

struct access_log;
struct accepting;
struct addresses;
struct auth_files;
struct conf;
struct hooks;
struct keys_wait;
struct listeners;
struct pending;
struct request;

/* worker_shared.net: made at boot; workers read it, and use up the budget. */
struct net_shared {
	struct listeners *listeners; /* owned */
	struct auth_files *files;    /* a reference: those of the start */
	struct addresses *addresses; /* owned; counts clients by address */
	unsigned worker_count;
	_Atomic(struct bucket) access_budget; /* net/access_log */
};

/* worker.net: touched by its worker only. */
struct net_worker {
	struct accepting *accepting;   /* owned; NULL once it has stopped */
	struct auth_files *files;      /* a reference: those of its conf */
	struct hooks *hooks;           /* owned; of its conf */
	struct keys_wait *keys_wait;   /* owned */
	struct access_log *access;     /* owned */
	const struct request *request; /* the one that is being decided now */
	struct pending *spares;        /* owned; net/pending has them */
	unsigned spare_count;
	struct list retired_hooks; /* owned; of those before: net/hook */
};

/*
 * Bind the listeners and read certificates and keys. 0 or a negative errno
 * with e filled; shared is to be given to net_shared_fini in any case. Boot.
 */
int net_shared_init(struct net_shared *shared, const struct conf *conf,
    unsigned worker_count, struct err *e) __attribute__((warn_unused_result));

/*
 * Go by conf, borrowed as the first was: with the certificates that were read
 * for it. Main thread.
 */
void net_shared_use_conf(struct net_shared *shared, const struct conf *conf);

void net_shared_fini(struct net_shared *shared);

#endif
