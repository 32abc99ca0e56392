/*
 * history_names: rooms that are looked for among what a history keeps, by the
 * hashes of its tags. Most of what is looked at is for others, which one bit of
 * the hash tells. Part of core/history; main thread only, but for
 * history_names_sort.
 */
#ifndef CORE_HISTORY_NAMES_H
#define CORE_HISTORY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/aim.h"

struct history_names {
	struct aim_room *rooms; /* whose they are says who has this */
	size_t count;
	uint64_t bits; /* of their hashes, and of what else is looked for */
};

static inline uint64_t history_names_bit(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58);
}

/* What history_names_have costs, where to look at a tag is 1: a bisection. */
static inline unsigned history_names_steps(const struct history_names *n)
{
	unsigned steps = 1;

	for (size_t left = n->count; left > 0; left /= 2)
		steps++;
	return steps;
}

/* Sort the rooms by hash, and set the bits: before all below. */
void history_names_sort(struct history_names *n);

/* Whether one of them has this hash. */
bool history_names_have(const struct history_names *n, uint64_t hash);

/* Whether one of the rooms of this hash that an aim names is among them. */
bool history_names_meet(
    const struct history_names *n, const struct aim *aim, uint64_t hash);

#endif
