/*
 * redis_slot: in which of a cluster's slots a key is, or a channel of sharded
 * pub/sub. No sockets.
 */
#ifndef BACKEND_REDIS_SLOT_H
#define BACKEND_REDIS_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum { REDIS_SLOTS = 16384 };

/*
 * The slot, below REDIS_SLOTS: of all of the key, or of what is between its
 * first '{' and the first '}' behind that, where something is. Any thread.
 */
uint16_t redis_slot_of(struct slice key);

/* Some slots. Zero-initialised: none. */
struct redis_slot_set {
	uint64_t bits[REDIS_SLOTS / 64];
};

static inline bool redis_slot_set_has(
    const struct redis_slot_set *set, uint16_t slot)
{
	return set->bits[slot / 64] >> slot % 64 & 1;
}

static inline void redis_slot_set_add(struct redis_slot_set *set, uint16_t slot)
{
	set->bits[slot / 64] |= UINT64_C(1) << slot % 64;
}

static inline void redis_slot_set_del(struct redis_slot_set *set, uint16_t slot)
{
	set->bits[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

/* Add those of another set. */
void redis_slot_set_join(
    struct redis_slot_set *set, const struct redis_slot_set *other);

/* Whether all of another set are in it. */
bool redis_slot_set_covers(
    const struct redis_slot_set *set, const struct redis_slot_set *other);

bool redis_slot_set_is_empty(const struct redis_slot_set *set);

#endif
