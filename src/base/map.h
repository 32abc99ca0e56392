/*
 * map: an intrusive hash table. The owner embeds a map_node, hashes with
 * hash_bytes and compares keys itself; the map only keeps the chains short.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **buckets; /* owned; space for mask + 1 */
	size_t size;               /* buckets in use */
	size_t mask;
	size_t count; /* nodes */
};

/* Make an empty map; aborts when memory is out. */
void map_init(struct map *m);
/* Free the table; the nodes are the owner's. */
void map_fini(struct map *m);

/*
 * Add a node that is in no map. The table grows with the nodes; where memory
 * for that is out, chains grow instead.
 */
void map_add(struct map *m, struct map_node *node, uint64_t hash);

/* Remove a node that is in this map. The table shrinks with the nodes. */
void map_del(struct map *m, struct map_node *node);

/*
 * Begin to fetch what map_find will look at, from memory into the cache: the
 * bucket, and once that is there its first node.
 */
void map_fetch_bucket(const struct map *m, uint64_t hash);
void map_fetch_node(const struct map *m, uint64_t hash);

/* The first node with this hash, or NULL; then the next one, or NULL. */
struct map_node *map_find(const struct map *m, uint64_t hash);
struct map_node *map_find_next(const struct map_node *node);

/*
 * Walk all nodes: map_next(m, NULL) is the first, NULL the end. The map must
 * not change during the walk.
 */
struct map_node *map_next(const struct map *m, const struct map_node *node);

/*
 * Walk in an order that does not change when the map does: the node with the
 * least place from this one on, or NULL. Of several with one hash, any.
 */
struct map_node *map_from(const struct map *m, uint64_t place);
uint64_t map_place(const struct map_node *node);

#endif
