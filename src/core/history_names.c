#include "core/history_names.h"

#include <stdlib.h>

static int by_hash(const void *a, const void *b)
{
	const struct aim_room *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

void history_names_sort(struct history_names *n)
{
	n->bits = 0;
	for (size_t i = 0; i < n->count; i++)
		n->bits |= history_names_bit(n->rooms[i].hash);
	if (n->count > 1)
		qsort(n->rooms, n->count, sizeof *n->rooms, by_hash);
}

/* The first one whose hash is not below this one. */
static size_t find_hash(const struct history_names *n, uint64_t hash)
{
	size_t low = 0, high = n->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (n->rooms[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool history_names_have(const struct history_names *n, uint64_t hash)
{
	size_t at = find_hash(n, hash);

	return at < n->count && n->rooms[at].hash == hash;
}

static bool has_room(
    const struct history_names *n, size_t first, const struct aim_room *room)
{
	for (size_t i = first; i < n->count && n->rooms[i].hash == room->hash;
	     i++)
		if (slice_eq(n->rooms[i].name, room->name))
			return true;
	return false;
}

bool history_names_meet(
    const struct history_names *n, const struct aim *aim, uint64_t hash)
{
	size_t first = find_hash(n, hash);

	for (uint32_t i = 0; i < aim->room_count; i++)
		if (aim->rooms[i].hash == hash &&
		    has_room(n, first, &aim->rooms[i]))
			return true;
	return false;
}
