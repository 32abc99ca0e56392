/*
 * ages: how long the oldest of a worker's deliveries has waited. A list of them
 * would cost each two pointers, a look at all queues grows with the clients: so
 * they are counted, by the quarter of a second in which they came.
 *
 * What has waited for longer than all of these quarters is as old as the first.
 */
#ifndef CORE_AGES_H
#define CORE_AGES_H

#include <stdint.h>

enum {
	AGES_MS = 250,
	AGES_QUARTERS = 1024, /* four minutes */
};

/* Outside of first to last nothing is counted. */
struct ages {
	int64_t first; /* quarters, by the clock */
	int64_t last;
	uint32_t counts[AGES_QUARTERS];
};

/* Zero-initialised so far. */
static inline void ages_start(struct ages *a, int64_t now_ms)
{
	a->first = a->last = now_ms / AGES_MS;
}

/* One more comes. What ages_del is to be given. */
static inline uint16_t ages_add(struct ages *a)
{
	uint16_t at = (uint16_t)(a->last % AGES_QUARTERS);

	a->counts[at]++;
	return at;
}

static inline void ages_del(struct ages *a, uint16_t at)
{
	a->counts[at]--;
}

/* Time goes on. How long the oldest has waited, in whole quarters. */
int64_t ages_turn(struct ages *a, int64_t now_ms);

#endif
