#include "core/allowances.h"

#include <assert.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/ip.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/resume.h"

enum { FORGET_MAX = 1024 }; /* in a tick */

/* Of one address. */
struct allowance {
	struct map_node node;
	struct list idle;
	struct ip address;
	size_t count;      /* of its resumes that are here */
	size_t delayed;    /* of those, who wait for it to owe less */
	uint64_t owed;     /* bytes; a second's worth is free */
	int64_t looked_ms; /* when it was as much */
};

void allowances_init(struct allowances *a, const struct conf *conf)
{
	*a = (struct allowances){ .conf = conf };
	crypto_random(&a->hash_key, sizeof a->hash_key);
	map_init(&a->addresses);
	list_init(&a->idle);
}

static struct allowance *of_node(struct map_node *node)
{
	return container_of(node, struct allowance, node);
}

void allowances_fini(struct allowances *a)
{
	struct map_node *node;

	while ((node = map_next(&a->addresses, NULL))) {
		map_del(&a->addresses, node);
		free(of_node(node));
	}
	map_fini(&a->addresses);
}

/* That of the address of r, made when it is missing; NULL: memory is out. */
static struct allowance *find(struct allowances *a, const struct resume *r)
{
	uint64_t hash = hash_bytes(&a->hash_key, r->address.bytes, IP_BYTES);
	struct map_node *node = map_find(&a->addresses, hash);
	struct allowance *all;

	while (node && !ip_eq(&of_node(node)->address, &r->address))
		node = map_find_next(node);
	if (node)
		return of_node(node);
	all = try_alloc(sizeof *all);
	if (!all)
		return NULL;
	*all = (struct allowance){ .address = r->address };
	map_add(&a->addresses, &all->node, hash);
	list_add(&a->idle, &all->idle);
	return all;
}

static bool is_full(size_t count, size_t limit)
{
	return limit > 0 && count >= limit;
}

bool allowances_enter(struct allowances *a, struct resume *r)
{
	bool is_new = r->state == RESUME_ASKS;
	struct allowance *all = NULL;

	assert(!r->is_inside);
	if (is_new && is_full(a->count, a->conf->limits.resumes))
		return false;
	if (r->has_address)
		all = find(a, r);
	if (is_new && all &&
	    is_full(all->count, a->conf->limits.resumes_per_address))
		return false;
	if (all && all->count++ == 0)
		list_del(&all->idle);
	r->allowance = all;
	r->is_inside = true;
	a->count++;
	return true;
}

static uint64_t rate(const struct allowances *a)
{
	return a->conf->limits.replay_rate_per_address;
}

/*
 * What it owes less as time passes, and nothing where nobody pays. Whoever read
 * the clock before a page was made may come after that has been counted.
 */
static void settle(
    const struct allowances *a, struct allowance *all, int64_t now_ms)
{
	int64_t passed_ms = now_ms - all->looked_ms;
	uint64_t paid = UINT64_MAX;

	if (passed_ms <= 0)
		return;
	if (rate(a) > 0 && passed_ms <= 60000)
		paid = (uint64_t)passed_ms * rate(a) / 1000;
	all->owed = paid < all->owed ? all->owed - paid : 0;
	all->looked_ms = now_ms;
}

bool allowances_may_read(struct allowances *a, struct resume *r, int64_t now_ms)
{
	struct allowance *all = r->allowance;

	if (!all || rate(a) == 0)
		return true;
	settle(a, all, now_ms);
	if (all->owed < rate(a) && (r->is_delayed || all->delayed == 0))
		return true;
	all->delayed += !r->is_delayed;
	r->is_delayed = true;
	return false;
}

void allowances_leave(struct allowances *a, struct resume *r, int64_t now_ms)
{
	struct allowance *all = r->allowance;

	if (!r->is_inside)
		return;
	r->is_inside = false;
	r->allowance = NULL;
	a->count--;
	if (!all)
		return;
	all->delayed -= r->is_delayed;
	r->is_delayed = false;
	settle(a, all, now_ms);
	if (rate(a) > 0)
		all->owed += r->page_bytes;
	if (--all->count == 0)
		list_add(&a->idle, &all->idle);
}

void allowances_tick(struct allowances *a, int64_t now_ms)
{
	for (unsigned left = FORGET_MAX; left > 0 && !list_is_empty(&a->idle);
	     left--) {
		struct allowance *all =
		    container_of(a->idle.next, struct allowance, idle);

		settle(a, all, now_ms);
		if (all->owed > 0)
			break; /* who came to be idle later hardly owes less */
		list_del(&all->idle);
		map_del(&a->addresses, &all->node);
		free(all);
	}
}
