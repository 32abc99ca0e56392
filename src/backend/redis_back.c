#include "backend/redis_back.h"

#include "backend/redis_entries.h"

enum { ENTRY_COST = 280 }; /* of an entry's memory, beside its value */

void redis_back_begin(struct redis_back *b, size_t budget, int64_t oldest_ms)
{
	*b = (struct redis_back){ .budget = budget, .oldest_ms = oldest_ms };
}

void redis_back_take(struct redis_back *b, const struct redis_entry *e)
{
	size_t cost = e->value.len + ENTRY_COST;

	if (b->has_floor)
		return;
	if (!b->is_begun)
		b->newest = e->id;
	b->is_begun = true;
	b->last = e->id;
	b->last_hash = e->hash;
	if (cost <= b->budget && (int64_t)e->id.high >= b->oldest_ms)
		b->budget -= cost;
	else
		b->has_floor = true;
}
