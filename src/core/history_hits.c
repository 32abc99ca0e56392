#include "core/history_hits.h"

#include <stdlib.h>

#include "core/history_reader.h"
#include "core/history_ring.h"

struct hunt {
	const struct history *history;
	uint64_t first;
	struct history_hits *hits;
	size_t looked;
};

/* False: there are too many. */
static bool find_hash(struct hunt *hunt, uint64_t hash)
{
	const struct history *h = hunt->history;
	struct history_hits *hits = hunt->hits;
	uint64_t next = history_chain_last(&h->chain, hash);

	for (; next > hunt->first; next = history_chain_back(&h->chain, next)) {
		if (hunt->looked == HISTORY_HITS_MAX)
			return false;
		hunt->looked++;
		if (tag_at(h, next - 1)->hash == hash)
			hits->tags[hits->count++] = next - 1;
	}
	return true;
}

static bool find_all(struct hunt *hunt, const struct history_reader *reader)
{
	const uint64_t hashes[] = { HASH_EVERYONE, HASH_HOLE,
		hash_of_connection(&reader->connection) };

	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
		if (!find_hash(hunt, hashes[i]))
			return false;
	for (size_t i = 0; i < reader->names.count; i++)
		if (!find_hash(hunt, reader->names.rooms[i].hash))
			return false;
	return true;
}

/* A miss for each room, one for each of its tags, one for what that is of. */
static size_t cost_of(const struct history_reader *reader, size_t tags)
{
	return (reader->names.count + 2 * tags) * HISTORY_MISS_STEPS;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

bool history_hits_find(const struct history *h, uint64_t first,
    const struct history_reader *reader, size_t *steps,
    struct history_hits *hits)
{
	struct hunt hunt = { .history = h, .first = first, .hits = hits };
	bool is_all;

	hits->count = 0;
	if (reader->names.count > HISTORY_HITS_MAX ||
	    *steps < cost_of(reader, HISTORY_HITS_MAX))
		return false;
	is_all = find_all(&hunt, reader);
	*steps -= cost_of(reader, hunt.looked);
	if (is_all)
		qsort(hits->tags, hits->count, sizeof hits->tags[0], by_number);
	return is_all;
}
