/*
 * map: linear hashing. The table grows and shrinks by one bucket at a time,
 * with the nodes: a table that doubled at once would hold up everybody for
 * 34 ms at a million nodes.
 *
 * Of a hash the low bits under mask say the bucket; where that is not there
 * yet, its nodes are still in the bucket with one bit less.
 */
#include "base/map.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/*
 * Buckets for each node. A change of one node changes as many of them, so the
 * table keeps within these bounds.
 */
enum { FIRST_SIZE = 16, BUCKETS_MIN = 2, BUCKETS_MAX = 4 };

void map_init(struct map *m)
{
	m->buckets = xcalloc(FIRST_SIZE, sizeof *m->buckets);
	m->size = FIRST_SIZE;
	m->mask = FIRST_SIZE - 1;
	m->count = 0;
}

void map_fini(struct map *m)
{
	free(m->buckets);
	*m = (struct map){ 0 };
}

static size_t index_of(const struct map *m, uint64_t hash)
{
	size_t i = hash & m->mask;

	/* A branch here would be a coin's toss. */
	return i & m->mask >> (i >= m->size);
}

static bool resize(struct map *m, size_t cap)
{
	struct map_node **buckets =
	    try_realloc(m->buckets, cap * sizeof(*buckets));

	if (buckets)
		m->buckets = buckets;
	return buckets;
}

/* Add a bucket, to which some nodes of an older one belong. */
static void split(struct map *m)
{
	struct map_node **from, **to;
	struct map_node *node;

	if (m->size > m->mask) {
		if (!resize(m, m->size * 2))
			return;
		m->mask = m->size * 2 - 1;
	}
	from = &m->buckets[m->size & (m->mask >> 1)];
	to = &m->buckets[m->size];
	while ((node = *from)) {
		if ((node->hash & m->mask) == m->size) {
			*from = node->next;
			*to = node;
			to = &node->next;
		} else {
			from = &node->next;
		}
	}
	*to = NULL;
	m->size++;
}

/* Give the nodes of the last bucket back to the one they came from. */
static void merge(struct map *m)
{
	size_t last = --m->size;
	struct map_node **end = &m->buckets[last & (m->mask >> 1)];

	while (*end)
		end = &(*end)->next;
	*end = m->buckets[last];
	if (m->size == (m->mask >> 1) + 1) {
		m->mask >>= 1;
		(void)resize(m, m->size);
	}
}

void map_add(struct map *m, struct map_node *node, uint64_t hash)
{
	struct map_node **bucket;

	for (int i = 0; i < BUCKETS_MIN; i++)
		if (m->size / BUCKETS_MIN <= m->count)
			split(m);
	bucket = &m->buckets[index_of(m, hash)];
	node->hash = hash;
	node->next = *bucket;
	*bucket = node;
	m->count++;
}

void map_del(struct map *m, struct map_node *node)
{
	struct map_node **at = &m->buckets[index_of(m, node->hash)];

	while (*at != node) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	m->count--;
	for (int i = 0; i < BUCKETS_MAX; i++)
		if (m->size > FIRST_SIZE && m->size / BUCKETS_MAX > m->count)
			merge(m);
}

static struct map_node *same_hash(struct map_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

void map_fetch_bucket(const struct map *m, uint64_t hash)
{
	__builtin_prefetch(&m->buckets[index_of(m, hash)]);
}

void map_fetch_node(const struct map *m, uint64_t hash)
{
	__builtin_prefetch(m->buckets[index_of(m, hash)]);
}

struct map_node *map_find(const struct map *m, uint64_t hash)
{
	return same_hash(m->buckets[index_of(m, hash)], hash);
}

struct map_node *map_find_next(const struct map_node *node)
{
	return same_hash(node->next, node->hash);
}

struct map_node *map_next(const struct map *m, const struct map_node *node)
{
	size_t i = 0;

	if (node) {
		if (node->next)
			return node->next;
		i = index_of(m, node->hash) + 1;
	}
	for (; i < m->size; i++)
		if (m->buckets[i])
			return m->buckets[i];
	return NULL;
}

static uint64_t swap_bits(uint64_t x, int count, uint64_t mask)
{
	return (x >> count & mask) | (x & mask) << count;
}

/*
 * Of a hash: the first bits are then those that say the bucket, however many
 * that are.
 */
static uint64_t backwards(uint64_t x)
{
	x = __builtin_bswap64(x);
	x = swap_bits(x, 4, UINT64_C(0x0f0f0f0f0f0f0f0f));
	x = swap_bits(x, 2, UINT64_C(0x3333333333333333));
	return swap_bits(x, 1, UINT64_C(0x5555555555555555));
}

uint64_t map_place(const struct map_node *node)
{
	return backwards(node->hash);
}

static struct map_node *least_from(struct map_node *node, uint64_t place)
{
	struct map_node *least = NULL;

	for (; node; node = node->next)
		if (map_place(node) >= place &&
		    (!least || map_place(node) < map_place(least)))
			least = node;
	return least;
}

/* Behind all places of the bucket that this one is in; 0: there is none. */
static uint64_t behind_bucket(const struct map *m, uint64_t place)
{
	size_t i = backwards(place) & m->mask;
	uint64_t bits = m->mask >> (i >= m->size);

	return (place | ~backwards(bits)) + 1;
}

struct map_node *map_from(const struct map *m, uint64_t place)
{
	struct map_node *found;

	do {
		found = least_from(
		    m->buckets[index_of(m, backwards(place))], place);
		place = behind_bucket(m, place);
	} while (!found && place != 0);
	return found;
}
