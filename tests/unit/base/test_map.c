/*
 * map: random operations against a plain array that is right by looking.
 */
#include <stdbool.h>
#include <string.h>

#include "base/list.h"
#include "base/map.h"
#include "rng.h"
#include "unit.h"

enum { ITEMS = 700, OPERATIONS = 60000 };

struct item {
	struct map_node node;
	uint64_t hash;
	bool is_in;
	bool is_seen;
};

struct model {
	struct map map;
	struct item items[ITEMS];
	size_t count;
};

static struct item *item_of(struct map_node *node)
{
	return container_of(node, struct item, node);
}

/* All nodes that the map has under this hash, each once, and no other. */
static void check_find(struct model *m, uint64_t hash)
{
	size_t wanted = 0, found = 0;

	for (int i = 0; i < ITEMS; i++) {
		m->items[i].is_seen = false;
		wanted += m->items[i].is_in && m->items[i].hash == hash;
	}
	for (struct map_node *node = map_find(&m->map, hash); node;
	     node = map_find_next(node)) {
		struct item *item = item_of(node);

		ck_assert(item->is_in && !item->is_seen);
		ck_assert_uint_eq(item->hash, hash);
		item->is_seen = true;
		found++;
	}
	ck_assert_uint_eq(found, wanted);
}

static void check_walk(struct model *m)
{
	size_t walked = 0;

	for (int i = 0; i < ITEMS; i++)
		m->items[i].is_seen = false;
	for (struct map_node *node = map_next(&m->map, NULL); node;
	     node = map_next(&m->map, node)) {
		struct item *item = item_of(node);

		ck_assert(item->is_in && !item->is_seen);
		item->is_seen = true;
		walked++;
	}
	ck_assert_uint_eq(walked, m->count);
	ck_assert_uint_eq(m->map.count, m->count);
}

static void toggle(struct model *m, struct item *item)
{
	if (item->is_in) {
		map_del(&m->map, &item->node);
		m->count--;
	} else {
		map_add(&m->map, &item->node, item->hash);
		m->count++;
	}
	item->is_in = !item->is_in;
}

/* Distinct hashes when spread is large, long chains when it is small. */
static void run_model(uint64_t seed, uint64_t spread, unsigned shift)
{
	static struct model m;

	memset(&m, 0, sizeof m);
	map_init(&m.map);
	for (int i = 0; i < ITEMS; i++)
		m.items[i].hash = rng_below(&seed, spread) << shift;
	for (int i = 0; i < OPERATIONS; i++) {
		struct item *item = &m.items[rng_below(&seed, ITEMS)];

		toggle(&m, item);
		if (i % 16 == 0)
			check_find(&m, item->hash);
		if (i % 512 == 0)
			check_walk(&m);
	}
	map_fini(&m.map);
}

START_TEST(random_operations_agree_with_a_plain_array)
{
	run_model(1, UINT64_MAX, 0);
}
END_TEST

START_TEST(equal_hashes_are_all_found)
{
	run_model(2, 40, 0);
}
END_TEST

START_TEST(hashes_that_share_their_low_bits_stay_apart)
{
	run_model(3, 5000, 32);
}
END_TEST

START_TEST(an_empty_map_finds_and_walks_nothing)
{
	struct map m;

	map_init(&m);
	ck_assert_ptr_null(map_find(&m, 0));
	ck_assert_ptr_null(map_next(&m, NULL));
	map_fini(&m);
}
END_TEST

/*
 * Constant cost depends on it: nodes never outnumber buckets. Nor do buckets
 * outnumber nodes by much: what a burst took is given back.
 */
START_TEST(the_table_grows_and_shrinks_with_its_nodes)
{
	enum { MANY = 100000 };
	struct map_node *nodes = calloc(MANY, sizeof *nodes);
	uint64_t seed = 4;
	struct map m;

	ck_assert_ptr_nonnull(nodes);
	map_init(&m);
	for (int i = 0; i < MANY; i++) {
		map_add(&m, &nodes[i], rng_next(&seed));
		ck_assert_uint_le(2 * m.count, m.size + 2);
	}
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_eq(map_find(&m, nodes[i].hash), &nodes[i]);
	for (int i = 0; i < MANY; i++) {
		map_del(&m, &nodes[i]);
		ck_assert_uint_le(m.size, 4 * m.count + 16);
		ck_assert_uint_le(m.mask, 2 * m.size);
	}
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_null(map_find(&m, nodes[i].hash));
	map_fini(&m);
	free(nodes);
}
END_TEST

/* Backwards, bit by bit: what map_place must say. */
static uint64_t place_of(uint64_t hash)
{
	uint64_t place = 0;

	for (int i = 0; i < 64; i++)
		place |= (hash >> i & 1) << (63 - i);
	return place;
}

/* Whatever comes and goes meanwhile: who stays is met once, in order. */
START_TEST(a_walk_by_place_meets_all_who_stay_while_the_table_changes)
{
	enum { STAY = 200 };
	static struct item items[ITEMS];
	uint64_t rng = 7;
	struct map_node *node;
	struct map map;
	uint64_t place = 0;
	size_t met = 0;

	map_init(&map);
	for (int i = 0; i < ITEMS; i++) {
		items[i] = (struct item){ .hash = rng_next(&rng) };
		items[i].is_in = i < STAY;
		if (items[i].is_in)
			map_add(&map, &items[i].node, items[i].hash);
	}
	while ((node = map_from(&map, place))) {
		int first = STAY, end = met % 2 ? ITEMS : STAY;

		ck_assert_uint_eq(map_place(node), place_of(node->hash));
		ck_assert_uint_ge(map_place(node), place);
		place = map_place(node) + 1;
		if (item_of(node) < &items[STAY]) {
			ck_assert(!item_of(node)->is_seen);
			item_of(node)->is_seen = true;
			met++;
		}
		/* Grow and shrink. */
		for (int i = first; i < ITEMS; i++) {
			if (items[i].is_in == (i < end))
				continue;
			if (items[i].is_in)
				map_del(&map, &items[i].node);
			else
				map_add(&map, &items[i].node, items[i].hash);
			items[i].is_in = !items[i].is_in;
		}
	}
	ck_assert_uint_eq(met, STAY);
	map_fini(&map);
}
END_TEST

UNIT_MAIN("base/map",
    a_walk_by_place_meets_all_who_stay_while_the_table_changes,
    random_operations_agree_with_a_plain_array, equal_hashes_are_all_found,
    hashes_that_share_their_low_bits_stay_apart,
    an_empty_map_finds_and_walks_nothing,
    the_table_grows_and_shrinks_with_its_nodes)
