/*
 * http_pool: see http_pool.h. Idle links are used last in, first out, so that
 * those a wave of handshakes has made in excess end by themselves.
 */
#include "net/http_pool.h"

#include <errno.h>

#include "base/clock.h"
#include "conf/url.h"

/* A name is looked up anew after this long: the app may have moved. */
enum { ADDRESSES_LAST_MS = 30000 };

void http_pool_init(struct http_pool *p)
{
	list_init(&p->busy);
	list_init(&p->idle);
}

static void drop_all(struct http_pool *p, struct list *links)
{
	while (!list_is_empty(links))
		http_pool_drop(
		    p, container_of(links->next, struct http_link, node));
}

void http_pool_fini(struct http_pool *p)
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
	struct http_pool *p = arg;

	p->resolve = NULL;
	if (count > 0)
		dial_list_set(&p->addresses, addresses, count);
	p->addresses_until_ms = clock_ms() + ADDRESSES_LAST_MS;
	p->on_addresses(p->arg, p->addresses.count == 0 ? why : NULL);
}

/* What is known is used while it is looked up anew. */
static bool has_addresses(struct http_pool *p)
{
	if (!p->resolve &&
	    (p->addresses.count == 0 || clock_ms() >= p->addresses_until_ms))
		p->resolve =
		    resolve_start(p->base, &p->url->address, on_resolved, p);
	return p->addresses.count > 0;
}

/* --- links --- */

static void move(struct list *to, struct http_link *l)
{
	list_del(&l->node);
	list_add(to, &l->node);
}

static struct http_link *find_idle(struct http_pool *p)
{
	while (!list_is_empty(&p->idle)) {
		struct http_link *l =
		    container_of(p->idle.prev, struct http_link, node);

		if (http_link_is_quiet(l)) {
			move(&p->busy, l);
			return l;
		}
		http_pool_drop(p, l);
	}
	return NULL;
}

struct http_link *http_pool_take(struct http_pool *p, size_t *tried, int *error)
{
	struct http_link *l = find_idle(p);

	*error = 0;
	if (l || p->link_count == p->max_links || !has_addresses(p))
		return l;
	return http_pool_dial(p, tried, error);
}

struct http_link *http_pool_dial(struct http_pool *p, size_t *tried, int *error)
{
	int fd = dial_list_next(&p->addresses, tried, error);
	struct http_link *l;

	if (fd < 0) {
		p->addresses_until_ms = 0;
		return NULL;
	}
	l = http_link_open(p->base, fd, &p->links);
	if (!l) {
		*error = ENOMEM;
		return NULL;
	}
	l->address_index = p->addresses.first;
	move(&p->busy, l);
	p->link_count++;
	return l;
}

void http_pool_give_back(struct http_pool *p, struct http_link *l)
{
	l->call = NULL;
	if (http_link_rest(l))
		move(&p->idle, l);
	else
		http_pool_drop(p, l);
}

void http_pool_drop(struct http_pool *p, struct http_link *l)
{
	if (http_link_is_new(l))
		dial_list_pass_over(&p->addresses, l->address_index);
	list_del(&l->node);
	p->link_count--;
	http_link_close(l);
}
