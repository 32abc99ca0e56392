/*
 * history_ring: what core/history keeps, for its own files: core/history says
 * what positions are called, core/history_keep fills the ring and makes room,
 * core/history_find finds a cursor's position, core/history_collect and
 * core/history_search what is for one reader, core/history_forget what is to
 * go.
 */
#ifndef CORE_HISTORY_RING_H
#define CORE_HISTORY_RING_H

#include <stddef.h>
#include <stdint.h>

#include "core/history_chain.h"
#include "core/history_marks.h"
#include "core/ids.h"
#include "core/place.h"

struct message;
struct metrics;

enum entry_kind { ENTRY_NOTHING, ENTRY_MESSAGE, ENTRY_HOLE };

struct entry {
	struct message *message; /* a reference, of an ENTRY_MESSAGE */
	int64_t came_ms;
	struct place place;
	uint32_t tag_count : 29;
	uint32_t kind : 2;        /* enum entry_kind */
	uint32_t is_nameless : 1; /* its place is that of the one before */
};

/* Whom the message at a position is for, or that there is a hole. */
struct tag {
	uint64_t hash;
	uint64_t position;
};

enum { TAG_COST = sizeof(struct tag) + HISTORY_CHAIN_COST };

/* What is no room's hash is one all the same: a hit is looked at closely. */
enum { HASH_EVERYONE = 1, HASH_HOLE = 2 };

struct history {
	enum place_kind kind;
	size_t max_bytes;
	int64_t max_age_ms;
	struct metrics *metrics; /* borrowed */

	/* What there is of positions floor + 1 to head, and their tags. */
	struct entry *entries; /* owned; rings, powers of two */
	size_t entry_cap;
	uint64_t floor;
	uint64_t head;
	int64_t last_came_ms;

	uint64_t void_head; /* the first position since the last history_void */
	bool is_placed; /* else there is nothing, and the rest says nothing */
	bool floor_is_nameless; /* who has its place may be at the one before */
	struct place floor_place;
	struct place head_place;
	struct marks marks; /* of HISTORY_MARKS */

	struct tag *tags; /* owned */
	size_t tag_cap;
	uint64_t first_tag; /* both are counted without end */
	uint64_t end_tag;
	struct history_chain chain; /* of tag_cap */

	size_t bytes;
	uint64_t passed;
};

static inline struct entry *entry_at(const struct history *h, uint64_t position)
{
	return &h->entries[position & (h->entry_cap - 1)];
}

static inline struct tag *tag_at(const struct history *h, uint64_t number)
{
	return &h->tags[number & (h->tag_cap - 1)];
}

/* An empty one; and give all back. */
void ring_init(struct history *h);
void ring_fini(struct history *h);

/* One more position, at the head's place, where there is nothing yet. */
void ring_add(struct history *h, int64_t came_ms);

/* The oldest position goes, of which there is one: the floor is there now. */
void ring_drop_oldest(struct history *h);
void ring_drop_all(struct history *h);

/*
 * What is kept at a position up to the head is nothing from now on. False: it
 * was no message.
 */
bool ring_clear(struct history *h, uint64_t position);

/* Connections are few: their hash need not be hard to guess. */
static inline uint64_t hash_of_connection(const struct conn_ref *ref)
{
	uint64_t hash =
	    (ref->serial << 8 ^ ref->worker) * UINT64_C(0x9e3779b97f4a7c15);

	return hash ^ hash >> 32; /* chains go by the low bits */
}

#endif
