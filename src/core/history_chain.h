/*
 * history_chain: which of a history's tags have the same hash, from the newest
 * back: those of one room among some ten thousand are found without a look at
 * the others. Part of core/history, which numbers the tags without end and
 * keeps the last ones of them in a ring.
 *
 * Hashes share buckets: whoever walks back meets tags of other hashes as well,
 * and at some point one that the ring does not keep any more.
 */
#ifndef CORE_HISTORY_CHAIN_H
#define CORE_HISTORY_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_chain {
	uint32_t *backs; /* owned; ring: how far back the one before is, or 0 */
	uint64_t *lasts; /* owned; by bucket: the newest number, plus 1 */
	size_t cap;      /* of backs: a power of two */
};

enum {
	HISTORY_CHAIN_BUCKET_TAGS = 4, /* of the ring, for each bucket */
	/* What a tag costs: a step back, and its part of a bucket. */
	HISTORY_CHAIN_COST =
	    sizeof(uint32_t) + sizeof(uint64_t) / HISTORY_CHAIN_BUCKET_TAGS,
};

/*
 * An empty one, for a ring of so many tags: a power of two. False when memory
 * is out.
 */
bool history_chain_init(struct history_chain *c, size_t cap);
void history_chain_fini(struct history_chain *c);

/* The next tag has this hash. */
void history_chain_add(struct history_chain *c, uint64_t number, uint64_t hash);

/*
 * The newest tag that may have this hash, and the one before; in both cases
 * plus 1, and 0 when there is none.
 */
static inline uint64_t history_chain_last(
    const struct history_chain *c, uint64_t hash)
{
	return c->lasts[hash & (c->cap / HISTORY_CHAIN_BUCKET_TAGS - 1)];
}

static inline uint64_t history_chain_back(
    const struct history_chain *c, uint64_t next)
{
	uint32_t back = c->backs[(next - 1) & (c->cap - 1)];

	return back ? next - back : 0;
}

#endif
