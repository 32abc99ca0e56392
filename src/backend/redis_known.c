#include "backend/redis_known.h"

/* Where the number'th stands, from the first one on. */
static size_t at(const struct redis_known *k, size_t number)
{
	return (k->first + number) % REDIS_KNOWN_MAX;
}

void redis_known_add(
    struct redis_known *k, const struct place *id, uint64_t hash)
{
	while (k->count > 0 &&
	       place_compare(&k->of[at(k, k->count - 1)].id, id) >= 0)
		k->count--;
	if (k->count == REDIS_KNOWN_MAX) {
		k->first = at(k, 1);
		k->count--;
	}
	k->of[at(k, k->count)].id = *id;
	k->of[at(k, k->count)].hash = hash;
	k->count++;
}

bool redis_known_has(
    const struct redis_known *k, const struct place *id, uint64_t hash)
{
	size_t low = 0, high = k->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = place_compare(&k->of[at(k, middle)].id, id);

		if (order == 0)
			return k->of[at(k, middle)].hash == hash;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool redis_known_begins_behind(
    const struct redis_known *k, const struct place *id)
{
	return k->count == 0 || place_compare(&k->of[k->first].id, id) > 0;
}
