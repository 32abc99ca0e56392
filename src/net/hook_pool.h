/*
 * hook_pool: the connections of one hook to its app, at most so many, and
 * where they lead. The host is looked up when the first is wanted, and anew
 * from time to time.
 */
#ifndef NET_HOOK_POOL_H
#define NET_HOOK_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "net/hook_link.h"
#include "sys/dial.h"

struct event_base;
struct url;

struct hook_pool {
	struct event_base *base; /* borrowed */
	const struct url *url;   /* borrowed */
	hook_link_fn on_link;
	/* Looked up: take again. why is NULL when there are addresses. */
	void (*on_addresses)(void *arg, const char *why);
	void *arg; /* of both */

	unsigned max_links;
	unsigned link_count; /* busy and idle */
	struct list busy;
	struct list idle; /* the most recently used last */

	struct resolve *resolve; /* while the host is being looked up */
	struct dial_list addresses;
	int64_t addresses_until_ms;
};

/* Make the lists of a pool whose first six members are set. */
void hook_pool_init(struct hook_pool *p);
/* Close all links; none of them has a call. */
void hook_pool_fini(struct hook_pool *p);

/*
 * An idle link, or a new one. NULL with *error 0: later, when one is given
 * back or on_addresses is called. NULL with *error an errno: no connection can
 * be made. *tried counts the addresses that were tried, from 0.
 */
struct hook_link *hook_pool_take(
    struct hook_pool *p, size_t *tried, int *error);

/*
 * A new link to the next address, where *tried is below their number; NULL
 * with *error, or with *error unchanged when all have been tried.
 */
struct hook_link *hook_pool_dial(
    struct hook_pool *p, size_t *tried, int *error);

/* Keep a link whose answer is read, if it can be; its call is forgotten. */
void hook_pool_give_back(struct hook_pool *p, struct hook_link *l);

/* Close a link. One that still connects gives its address a bad name. */
void hook_pool_drop(struct hook_pool *p, struct hook_link *l);

#endif
