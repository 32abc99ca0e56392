/* redis_nodes: see the header. */
#include "backend/redis_nodes.h"

#include <stdint.h>

#include "backend/redis_slots.h"
#include "base/crypto.h"
#include "base/fatal.h"
#include "conf/conf_strings.h"

/* Below bound, which is not 0. */
static size_t by_chance(size_t bound)
{
	uint64_t chance;

	crypto_random(&chance, sizeof chance);
	return (size_t)(chance % bound);
}

/* --- whom to ask --- */

struct order {
	struct address *list;
	size_t count;
};

static void add(struct order *o, const struct address *node)
{
	for (size_t i = 0; i < o->count; i++)
		if (address_is_same(&o->list[i], node))
			return;
	if (o->count < REDIS_NODES_MAX)
		o->list[o->count++] = *node;
}

/* Numbers 0 to count - 1, of which the first `wanted` are by chance. */
static void draw(uint16_t *numbers, size_t count, size_t wanted)
{
	for (size_t i = 0; i < count; i++)
		numbers[i] = (uint16_t)i;
	for (size_t i = 0; i < wanted; i++) {
		size_t other = i + by_chance(count - i);
		uint16_t number = numbers[other];

		numbers[other] = numbers[i];
		numbers[i] = number;
	}
}

static void add_masters(struct order *o, const struct redis_slots *table)
{
	uint16_t numbers[REDIS_SLOTS_MAX_MASTERS];
	size_t count = redis_slots_count(table);
	size_t wanted =
	    count < REDIS_NODES_MAX / 2 ? count : REDIS_NODES_MAX / 2;

	draw(numbers, count, wanted);
	for (size_t i = 0; i < wanted; i++)
		add(o, redis_slots_address(table, numbers[i]));
}

static void add_configured(struct order *o, const struct conf_strings *list)
{
	uint16_t numbers[REDIS_NODES_MAX];
	struct address node;

	draw(numbers, list->count, list->count);
	for (size_t i = 0; i < list->count; i++) {
		if (address_parse(&node, list->items[numbers[i]], NULL) < 0)
			fatal(
			    "redis", "an address that was read cannot be read");
		add(o, &node);
	}
}

size_t redis_nodes_order(struct address order[REDIS_NODES_MAX],
    const struct conf_strings *configured, const struct redis_slots *table)
{
	struct order o = { .list = order };

	if (table)
		add_masters(&o, table);
	add_configured(&o, configured);
	return o.count;
}

/* --- at which one to be --- */

static bool is(const struct address *a, const struct address *b)
{
	return a && address_is_same(a, b);
}

/* Begin anywhere, and pass over the one that has failed, unless it is alone. */
static const struct address *any_but(
    const struct redis_slots *table, const struct address *failed)
{
	size_t count = redis_slots_count(table);
	size_t first = count > 0 ? by_chance(count) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct address *a =
		    redis_slots_address(table, (uint16_t)((first + i) % count));

		if (!is(failed, a) || count == 1)
			return a;
	}
	return NULL;
}

const struct address *redis_nodes_any(const struct redis_slots *table,
    const struct address *answered, const struct address *failed)
{
	uint16_t master = redis_slots_find(table, answered);

	if (failed && !is(failed, answered) && master != REDIS_SLOTS_NOBODY)
		return redis_slots_address(table, master);
	return any_but(table, failed);
}

const struct address *redis_nodes_of_slot(
    const struct redis_slots *table, unsigned slot)
{
	uint16_t master = redis_slots_master(table, (uint16_t)slot);

	return master == REDIS_SLOTS_NOBODY
		   ? NULL
		   : redis_slots_address(table, master);
}
