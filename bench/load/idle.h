/*
 * idle: connections that get nothing but pings, and when those come.
 */
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include <stddef.h>
#include <stdint.h>

#include "fleet.h"

enum { IDLE_SLOT_MS = 10 };

/* Pings that came in each slot of the time watched. */
struct idle {
	uint32_t *slots; /* owned */
	size_t count;
	uint64_t pings;
};

/* Answer pings for that long. Aborts without memory. */
void idle_run(struct idle *i, struct fleet *fleet, uint64_t ms);
void idle_fini(struct idle *i);

/* The fullest slot. */
uint32_t idle_max(const struct idle *i);

#endif
