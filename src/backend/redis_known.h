/*
 * redis_known: the entries of a stream that were read last. By these it is told
 * up to where another server has the same: the one that takes over may lack the
 * end of what its master had, and have gone on from there.
 */
#ifndef BACKEND_REDIS_KNOWN_H
#define BACKEND_REDIS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/place.h"

enum { REDIS_KNOWN_MAX = 4096 };

/* Zero-initialised is empty. */
struct redis_known {
	struct {
		struct place id;
		uint64_t hash;
	} of[REDIS_KNOWN_MAX]; /* a ring, ids ascend from first on */
	size_t first, count;
};

/* This one was read. Of later ids nothing is known any more. */
void redis_known_add(
    struct redis_known *k, const struct place *id, uint64_t hash);

bool redis_known_has(
    const struct redis_known *k, const struct place *id, uint64_t hash);

/* Whether nothing is known of what is at this id, or before. */
bool redis_known_begins_behind(
    const struct redis_known *k, const struct place *id);

#endif
