/* addresses: see addresses.h. */
#include "net/addresses.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/bucket.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

enum {
	QUIET_MS = 1000, /* a bucket fills up in one second, see base/bucket */
	FORGET_MAX = 4,  /* in a call, which remembers at most one */
};

struct entry {
	struct map_node node;
	struct list idle; /* in the idle list while it has no connection */
	struct ip key;
	struct bucket handshakes;
	int64_t seen_ms; /* when it last came */
	size_t connections;
};

struct addresses {
	struct hash_key hash_key; /* never changed */
	pthread_mutex_t lock;     /* of all that follows */
	struct addresses_limits limits;
	struct map map;
	struct list idle; /* who became idle first comes first */
	int64_t now_ms;   /* the highest seen: the workers' clocks differ */
};

struct addresses *addresses_new(const struct addresses_limits *limits)
{
	struct addresses *a = xcalloc(1, sizeof *a);

	a->limits = *limits;
	crypto_random(&a->hash_key, sizeof a->hash_key);
	(void)pthread_mutex_init(&a->lock, NULL);
	map_init(&a->map);
	list_init(&a->idle);
	a->now_ms = INT64_MIN;
	return a;
}

void addresses_set_limits(
    struct addresses *a, const struct addresses_limits *limits)
{
	(void)pthread_mutex_lock(&a->lock);
	a->limits = *limits;
	(void)pthread_mutex_unlock(&a->lock);
}

static struct entry *entry_of(struct map_node *node)
{
	return container_of(node, struct entry, node);
}

static struct entry *idle_entry(struct list *node)
{
	return container_of(node, struct entry, idle);
}

void addresses_free(struct addresses *a)
{
	struct map_node *node, *next;

	if (!a)
		return;
	for (node = map_next(&a->map, NULL); node; node = next) {
		next = map_next(&a->map, node);
		free(entry_of(node));
	}
	map_fini(&a->map);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

static struct entry *find(
    const struct addresses *a, const struct ip *key, uint64_t hash)
{
	struct map_node *node = map_find(&a->map, hash);

	while (node && !ip_eq(&entry_of(node)->key, key))
		node = map_find_next(node);
	return node ? entry_of(node) : NULL;
}

/* A new one, idle. NULL: memory is out. */
static struct entry *remember(
    struct addresses *a, const struct ip *key, uint64_t hash)
{
	struct entry *e = try_alloc(sizeof *e);

	if (!e)
		return NULL;
	*e = (struct entry){ .key = *key };
	list_init(&e->idle);
	list_add(&a->idle, &e->idle);
	map_add(&a->map, &e->node, hash);
	return e;
}

static void forget(struct addresses *a, struct entry *e)
{
	list_del(&e->idle);
	map_del(&a->map, &e->node);
	free(e);
}

/*
 * The list is ordered by when they became idle, not by when they came: a quiet
 * one behind one that is not yet waits for it, a second at most.
 */
static void forget_quiet(struct addresses *a)
{
	for (int i = 0; i < FORGET_MAX && !list_is_empty(&a->idle); i++) {
		struct entry *e = idle_entry(a->idle.next);

		if (a->now_ms - e->seen_ms < QUIET_MS)
			return;
		forget(a, e);
	}
}

/*
 * Who knocks in vain goes to the list's end: at its front it would keep all
 * others from being forgotten.
 */
static void see(struct addresses *a, struct entry *e)
{
	e->seen_ms = a->now_ms;
	if (e->connections > 0)
		return;
	list_del(&e->idle);
	list_add(&a->idle, &e->idle);
}

static enum addresses_verdict judge(struct addresses *a, struct entry *e)
{
	size_t max = a->limits.connections;

	see(a, e);
	if (max > 0 && e->connections >= max)
		return ADDRESSES_TOO_MANY;
	if (!bucket_take(&e->handshakes, a->limits.handshakes, a->now_ms))
		return ADDRESSES_TOO_FAST;
	if (e->connections++ == 0)
		list_del(&e->idle);
	return ADDRESSES_ADMITTED;
}

enum addresses_verdict addresses_admit(
    struct addresses *a, const struct ip *client, int64_t now_ms)
{
	enum addresses_verdict verdict;
	struct ip key;
	struct entry *e;
	uint64_t hash;

	key = ip_subscriber(client);
	hash = hash_bytes(&a->hash_key, key.bytes, IP_BYTES);
	(void)pthread_mutex_lock(&a->lock);
	if (a->now_ms < now_ms)
		a->now_ms = now_ms;
	forget_quiet(a);
	e = find(a, &key, hash);
	if (!e)
		e = remember(a, &key, hash);
	verdict = e ? judge(a, e) : ADDRESSES_NO_MEMORY;
	(void)pthread_mutex_unlock(&a->lock);
	return verdict;
}

void addresses_release(struct addresses *a, const struct ip *client)
{
	struct ip key;
	struct entry *e;
	uint64_t hash;

	key = ip_subscriber(client);
	hash = hash_bytes(&a->hash_key, key.bytes, IP_BYTES);
	(void)pthread_mutex_lock(&a->lock);
	e = find(a, &key, hash);
	assert(e && e->connections > 0);
	if (--e->connections == 0)
		list_add(&a->idle, &e->idle);
	(void)pthread_mutex_unlock(&a->lock);
}

size_t addresses_count(struct addresses *a)
{
	size_t count;

	(void)pthread_mutex_lock(&a->lock);
	count = a->map.count;
	(void)pthread_mutex_unlock(&a->lock);
	return count;
}
