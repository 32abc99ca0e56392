/*
 * redis_held: payloads that have come before the first mark that counts, and
 * wait for it. Bounded: where they are too much the oldest go, for which it is
 * then as if they had been published before the subscription.
 */
#ifndef BACKEND_REDIS_HELD_H
#define BACKEND_REDIS_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/slice.h"

enum { REDIS_HELD_BYTES = 4 << 20 };

struct redis_held_payload {
	struct list link;
	struct slice channel, payload; /* of bytes */
	char bytes[];
};

struct redis_held {
	struct list payloads; /* oldest first */
	size_t bytes;
	bool has_lost; /* since the last reset: some have gone */
};

void redis_held_init(struct redis_held *h);
/* Forget all. */
void redis_held_reset(struct redis_held *h);

/* Copy one, behind the others. */
void redis_held_add(
    struct redis_held *h, struct slice channel, struct slice payload);

/* The oldest, which goes to the caller and is freed by free; or NULL. */
struct redis_held_payload *redis_held_take(struct redis_held *h);

#endif
