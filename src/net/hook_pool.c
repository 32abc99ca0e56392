/*
 * hook_pool: see hook_pool.h. Idle links are used last in, first out, so that
 * those a wave of handshakes has made in excess end by themselves.
 */
#include "net/hook_pool.h"

#include <errno.h>

#include "base/clock.h"
#include "conf/url.h"

/* A name is looked up anew after this long: the app may have moved. */
enum { ADDRESSES_LAST_MS = 30000 };

void hook_pool_init(struct hook_pool *p)
{
	list_init(&p->busy);
	list_init(&p->idle);
}

static void drop_all(struct hook_pool *p, struct list *links)
{
	while (!list_is_empty(links))
		hook_pool_drop(
		    p, container_of(links->next, struct hook_link, node));
}

void hook_pool_fini(struct hook_pool *p)
{
	drop_all(p, &p->busy);
	drop_all(p, &p->idle);
	resolve_abandon(p->resolve);
}

/* --- addresses --- */

/* Where name servers fail, the old addresses are better than none. */
static void on_resolved(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why)
{
	struct hook_pool *p = arg;

	p->resolve = NULL;
	if (count > 0)
		dial_list_set(&p->addresses, addresses, count);
	p->addresses_until_ms = clock_ms() + ADDRESSES_LAST_MS;
	p->on_addresses(p->arg, p->addresses.count == 0 ? why : NULL);
}

/* What is known is used while it is looked up anew. */
static bool has_addresses(struct hook_pool *p)
{
	if (!p->resolve &&
	    (p->addresses.count == 0 || clock_ms() >= p->addresses_until_ms))
		p->resolve =
		    resolve_start(p->base, &p->url->address, on_resolved, p);
	return p->addresses.count > 0;
}

/* --- links --- */

static void move(struct list *to, struct hook_link *l)
{
	list_del(&l->node);
	list_add(to, &l->node);
}

static struct hook_link *find_idle(struct hook_pool *p)
{
	while (!list_is_empty(&p->idle)) {
		struct hook_link *l =
		    container_of(p->idle.prev, struct hook_link, node);

		if (hook_link_is_quiet(l)) {
			move(&p->busy, l);
			return l;
		}
		hook_pool_drop(p, l);
	}
	return NULL;
}

struct hook_link *hook_pool_take(struct hook_pool *p, size_t *tried, int *error)
{
	struct hook_link *l = find_idle(p);

	*error = 0;
	if (l || p->link_count == p->max_links || !has_addresses(p))
		return l;
	return hook_pool_dial(p, tried, error);
}

struct hook_link *hook_pool_dial(struct hook_pool *p, size_t *tried, int *error)
{
	int fd = dial_list_next(&p->addresses, tried, error);
	struct hook_link *l;

	if (fd < 0) {
		p->addresses_until_ms = 0;
		return NULL;
	}
	l = hook_link_open(p->base, fd, p->on_link, p->arg);
	if (!l) {
		*error = ENOMEM;
		return NULL;
	}
	l->address_index = p->addresses.first;
	move(&p->busy, l);
	p->link_count++;
	return l;
}

void hook_pool_give_back(struct hook_pool *p, struct hook_link *l)
{
	l->call = NULL;
	if (hook_link_rest(l))
		move(&p->idle, l);
	else
		hook_pool_drop(p, l);
}

void hook_pool_drop(struct hook_pool *p, struct hook_link *l)
{
	if (l->state == HOOK_LINK_CONNECTING)
		dial_list_pass_over(&p->addresses, l->address_index);
	list_del(&l->node);
	p->link_count--;
	hook_link_close(l);
}
