/*
 * http_pool: the connections to one server, an app that is asked or one that
 * has keys, at most so many, and where they lead. The host is looked up when
 * the first is wanted, and anew from time to time.
 */
#ifndef NET_HTTP_POOL_H
#define NET_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "net/http_link.h"
#include "sys/dial.h"

struct event_base;
struct url;

struct http_pool {
	struct event_base *base; /* borrowed */
	const struct url *url;   /* borrowed */
	struct http_link_options links;
	/* Looked up: take again. why is NULL when there are addresses. */
	void (*on_addresses)(void *arg, const char *why);
	void *arg; /* of that */

	unsigned max_links;
	unsigned link_count; /* busy and idle */
	struct list busy;
	struct list idle; /* the most recently used last */

	struct resolve *resolve; /* while the host is being looked up */
	struct dial_list addresses;
	int64_t addresses_until_ms;
};

/* Make the lists of a pool whose first six members are set. */
void http_pool_init(struct http_pool *p);
/* Close all links; none of them has a call. */
void http_pool_fini(struct http_pool *p);

/*
 * An idle link, or a new one. NULL with *error 0: later, when one is given
 * back or on_addresses is called. NULL with *error an errno: no connection can
 * be made. *tried counts the addresses that were tried, from 0.
 */
struct http_link *http_pool_take(
    struct http_pool *p, size_t *tried, int *error);

/*
 * A new link to the next address, where *tried is below their number; NULL
 * with *error, or with *error unchanged when all have been tried.
 */
struct http_link *http_pool_dial(
    struct http_pool *p, size_t *tried, int *error);

/* Keep a link whose answer is read, if it can be; its call is forgotten. */
void http_pool_give_back(struct http_pool *p, struct http_link *l);

/* Close a link. One that still connects gives its address a bad name. */
void http_pool_drop(struct http_pool *p, struct http_link *l);

#endif
