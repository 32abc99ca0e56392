/*
 * embedded_pool: the publishers that are connected to the embedded port: a wire
 * and a resp reader each, and the rules under which they share the main
 * thread.
 */
#ifndef BACKEND_EMBEDDED_POOL_H
#define BACKEND_EMBEDDED_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/embedded_commands.h"
#include "backend/embedded_strangers.h"
#include "base/buf.h"
#include "base/list.h"

struct event_base;
struct metrics;

enum { EMBEDDED_PUBLISHERS_MAX = 1024 };

struct embedded_pool {
	struct event_base *base;
	struct metrics *metrics;
	struct embedded_host host;
	struct transaction_budget budget;
	struct list publishers;
	struct strangers strangers; /* those of them without AUTH */
	size_t count;
	uint64_t last_id;
	bool is_paused;
	struct buf replies; /* of the turn that runs */
};

/*
 * An empty pool that does not move; base, metrics and what host points at
 * outlive it. The pool has a budget of its own.
 */
void embedded_pool_init(struct embedded_pool *pool, struct event_base *base,
    struct metrics *metrics, const struct embedded_host *host);

/*
 * Serve an accepted, non-blocking socket. The pool owns fd from now on: a
 * publisher too many hears why and is closed. address is for the log, and
 * copied.
 */
void embedded_pool_add(struct embedded_pool *pool, int fd, const char *address);

/* Stop reading from all publishers, or go on with what they have sent. */
void embedded_pool_set_paused(struct embedded_pool *pool, bool is_paused);

/* Close all connections at once, without a call into the sink. */
void embedded_pool_fini(struct embedded_pool *pool);

#endif
