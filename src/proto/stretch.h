/*
 * stretch: some payloads in their order, as a number of them and a digest, by
 * which instances find out that they have not heard the same. Of two stretches
 * that begin alike the digest of what one has more can be had, so that one
 * running stretch does for all marks between which it is asked for.
 *
 * No secret and no signature: all instances must come to the same. Of a long
 * payload the first bytes count, and its length. Pure; any thread.
 */
#ifndef PROTO_STRETCH_H
#define PROTO_STRETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum { STRETCH_BYTES = 256 }; /* of a payload, that count */

/* Zero-initialised is an empty one. */
struct stretch {
	uint64_t count;
	uint64_t digest;
};

/* One more payload, and on which channel it came. */
void stretch_add(struct stretch *s, struct slice channel, struct slice payload);

/* What to has more than from, with which it begins. */
struct stretch stretch_between(struct stretch from, struct stretch to);

static inline bool stretch_eq(struct stretch a, struct stretch b)
{
	return a.count == b.count && a.digest == b.digest;
}

#endif
