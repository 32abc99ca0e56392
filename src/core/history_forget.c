#include <stdlib.h>

#include "core/aim.h"
#include "core/history.h"
#include "core/history_ring.h"
#include "core/message.h"

size_t history_forget_id(struct history *h, struct slice id)
{
	uint64_t position;

	return history_find(h, id, &position) == HISTORY_AT &&
	       history_clear(h, position);
}

/* --- by rooms --- */

struct rooms {
	const struct aim_room *items; /* borrowed, sorted by hash */
	size_t count;
	uint64_t bits; /* of their hashes: most others have another one */
};

static uint64_t bit_of(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58);
}

static int by_hash(const void *a, const void *b)
{
	const struct aim_room *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static bool has_room(const struct rooms *r, const struct aim_room *room)
{
	const struct aim_room *found =
	    bsearch(room, r->items, r->count, sizeof *r->items, by_hash);
	const struct aim_room *end = r->items + r->count;

	if (!found)
		return false;
	while (found > r->items && found[-1].hash == room->hash)
		found--;
	for (; found < end && found->hash == room->hash; found++)
		if (slice_eq(found->name, room->name))
			return true;
	return false;
}

static bool names_one(const struct aim *aim, const struct rooms *r)
{
	for (uint32_t i = 0; i < aim->room_count; i++)
		if (has_room(r, &aim->rooms[i]))
			return true;
	return false;
}

/* Whether the message that this tag is of is to go. */
static bool is_meant(
    const struct history *h, const struct tag *t, const struct rooms *r)
{
	const struct aim_room wanted = { .hash = t->hash };
	const struct entry *e;

	if (!(bit_of(t->hash) & r->bits) ||
	    !bsearch(&wanted, r->items, r->count, sizeof wanted, by_hash))
		return false;
	e = entry_at(h, t->position);
	return e->kind == ENTRY_MESSAGE && names_one(&e->message->aim, r);
}

size_t history_forget_rooms(
    struct history *h, struct aim_room *rooms, size_t count)
{
	struct rooms r = { .items = rooms, .count = count };
	size_t forgotten = 0;

	if (count == 0)
		return 0;
	qsort(rooms, count, sizeof *rooms, by_hash);
	for (size_t i = 0; i < count; i++)
		r.bits |= bit_of(rooms[i].hash);
	for (uint64_t i = h->first_tag; i < h->end_tag; i++)
		if (is_meant(h, tag_at(h, i), &r))
			forgotten += history_clear(h, tag_at(h, i)->position);
	return forgotten;
}
