#include "backend/redis_back.h"

#include "backend/redis_entries.h"
#include "backend/redis_known.h"

enum { ENTRY_COST = 280 }; /* of an entry's memory, beside its value */

void redis_back_begin(struct redis_back *b, size_t budget, int64_t oldest_ms)
{
	*b = (struct redis_back){ .budget = budget, .oldest_ms = oldest_ms };
}

void redis_back_seek(struct redis_back *b, size_t budget,
    const struct redis_known *known, const struct place *read)
{
	redis_back_begin(b, budget, 0);
	b->known = known;
	b->read = *read;
}

/* None is known: on from the newest that is no later than what was read. */
static void give_up(struct redis_back *b)
{
	b->has_floor = true;
	if (!b->has_unforked)
		return;
	b->last = b->unforked;
	b->last_hash = b->unforked_hash;
}

/* Whether the entry that has come last can be the fork, or an older one. */
static void seek(struct redis_back *b)
{
	bool is_later = place_compare(&b->last, &b->read) > 0;

	if (!is_later && !b->has_unforked) {
		b->has_unforked = true;
		b->unforked = b->last;
		b->unforked_hash = b->last_hash;
	}
	if (redis_known_has(b->known, &b->last, b->last_hash))
		b->has_floor = true;
	else if (!is_later && redis_known_begins_behind(b->known, &b->last))
		give_up(b);
}

void redis_back_end(struct redis_back *b)
{
	if (b->known && b->has_unforked && !b->has_floor)
		give_up(b);
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
	if (b->known)
		seek(b);
	if (b->has_floor)
		return;
	if (cost <= b->budget && (int64_t)e->id.high >= b->oldest_ms)
		b->budget -= cost;
	else
		give_up(b);
}
