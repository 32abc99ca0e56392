/*
 * quiet: the workers keep some of what a burst has needed, and malloc what it
 * has freed, for each thread. Once it has been quiet for a while, and once
 * only, that goes back to the system. Part of the hub; main thread only.
 */
#ifndef CORE_QUIET_H
#define CORE_QUIET_H

#include <stdint.h>

struct metrics;
struct outbox;

struct quiet {
	struct outbox *outbox; /* borrowed, as the next */
	struct metrics *metrics;
	uint64_t last_activity; /* at the last tick */
	unsigned ticks;         /* since something happened */
};

void quiet_init(
    struct quiet *q, struct outbox *outbox, struct metrics *metrics);

/* Twice a second. */
void quiet_tick(struct quiet *q);

#endif
