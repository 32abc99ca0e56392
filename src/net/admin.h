/*
 * admin: what operators and balancers ask, over plain HTTP on an address of
 * its own: /healthz, /readyz, /metrics. libevent's HTTP server on the main
 * thread; it never sees a client of the gateway.
 */
#ifndef NET_ADMIN_H
#define NET_ADMIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct admin;
struct event_base;
struct hub;
struct metrics;

/* What it shows; all borrowed, outlives it. */
struct admin_view {
	const struct hub *hub;
	const char *backend; /* its name */
	const _Atomic bool *is_draining;
	struct metrics **metrics; /* one block a thread */
	size_t metrics_count;
};

/* Listen at address. NULL with e filled on failure. Main thread. */
struct admin *admin_open(struct event_base *base, const char *address,
    const struct admin_view *view, struct err *e);

/* NULL is fine. */
void admin_close(struct admin *a);

#endif
