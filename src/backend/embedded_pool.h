/*
 * embedded_pool: the publishers that are connected to the embedded port: how
 * many may be here, who has to give way, and when nobody is read.
 */
#ifndef BACKEND_EMBEDDED_POOL_H
#define BACKEND_EMBEDDED_POOL_H

#include <stdbool.h>

#include "backend/embedded_publisher.h"
#include "base/reached.h"

struct conf;
struct event_base;
struct metrics;

enum { EMBEDDED_PUBLISHERS_MAX = 1024 };

struct embedded_pool {
	struct publisher_shared shared;
	struct transaction_budget budget;
	struct reached full;
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

/* From now on AUTH wants this one, borrowed until the next; NULL: none. */
void embedded_pool_use_password(
    struct embedded_pool *pool, const char *password);

/* Go by this configuration, borrowed as the first was. */
void embedded_pool_use_conf(
    struct embedded_pool *pool, const struct conf *conf);

/* Stop reading from all publishers, or go on with what they have sent. */
void embedded_pool_set_paused(struct embedded_pool *pool, bool is_paused);

/* Close all connections at once, without a call into the sink. */
void embedded_pool_fini(struct embedded_pool *pool);

#endif
