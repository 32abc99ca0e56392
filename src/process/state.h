/*
 * state: what SIGUSR1 asks for: how the gateway is, in some lines of the log.
 */
#ifndef PROCESS_STATE_H
#define PROCESS_STATE_H

#include <stddef.h>
#include <stdint.h>

struct hub;
struct metrics;
struct worker_shared;

/* What it is told of; all borrowed. */
struct state_view {
	const struct hub *hub;
	const struct worker_shared *shared;
	const char *backend;           /* what it is called */
	struct metrics *const *blocks; /* the main thread's first, then each
					* worker's */
	size_t count;
	int64_t started_ms; /* of clock_ms */
};

/* Write a line for the whole, and one for each source. Main thread. */
void state_log(const struct state_view *v);

#endif
