#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

enum { MAP_FIRST_SIZE = 16 };

void map_init(struct map *m)
{
	m->buckets = xcalloc(MAP_FIRST_SIZE, sizeof *m->buckets);
	m->mask = MAP_FIRST_SIZE - 1;
	m->count = 0;
}

void map_fini(struct map *m)
{
	free(m->buckets);
	*m = (struct map){ 0 };
}

static void map_grow(struct map *m)
{
	size_t size = (m->mask + 1) * 2;
	struct map_node **buckets = calloc(size, sizeof(*buckets));

	if (!buckets)
		return;
	for (size_t i = 0; i <= m->mask; i++) {
		struct map_node *node = m->buckets[i];

		while (node) {
			struct map_node *next = node->next;

			node->next = buckets[node->hash & (size - 1)];
			buckets[node->hash & (size - 1)] = node;
			node = next;
		}
	}
	free(m->buckets);
	m->buckets = buckets;
	m->mask = size - 1;
}

void map_add(struct map *m, struct map_node *node, uint64_t hash)
{
	if (m->count > m->mask)
		map_grow(m);
	node->hash = hash;
	node->next = m->buckets[hash & m->mask];
	m->buckets[hash & m->mask] = node;
	m->count++;
}

void map_del(struct map *m, struct map_node *node)
{
	struct map_node **at = &m->buckets[node->hash & m->mask];

	while (*at != node) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	m->count--;
}

static struct map_node *same_hash(struct map_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct map_node *map_find(const struct map *m, uint64_t hash)
{
	return same_hash(m->buckets[hash & m->mask], hash);
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
		i = (node->hash & m->mask) + 1;
	}
	for (; i <= m->mask; i++)
		if (m->buckets[i])
			return m->buckets[i];
	return NULL;
}
