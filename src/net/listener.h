/*
 * listener: from the addresses of the configuration to connections.
 *
 * TCP addresses have one SO_REUSEPORT socket a worker, so that the kernel
 * spreads the clients; a unix socket is one that all workers accept from.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/err.h"

struct conf;
struct listeners;
struct worker;

/*
 * Bind every listen address for worker_count workers, and log where. Returns
 * 0 and *out, owned by the caller; or a negative errno with e filled. Boot.
 */
int listeners_open(const struct conf *conf, unsigned worker_count,
    struct listeners **out, struct err *e) __attribute__((warn_unused_result));

/* The first TCP or unix address, as it is, for the words at start-up. */
const char *listeners_first(const struct listeners *l);

/* Close what is still open, remove unix sockets' files. NULL is fine. */
void listeners_free(struct listeners *l);

/* Of transport_ops: the worker begins and ends to accept. */
int listener_start(struct worker *w, void *listeners);
void listener_stop(struct worker *w);
/* Free the worker's share; again is fine. */
void listener_fini(struct worker *w);

/* A connection of this worker has given back its file descriptor. */
void listener_on_closed(struct worker *w);

#endif
