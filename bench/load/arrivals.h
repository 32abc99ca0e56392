/*
 * arrivals: further connections that are opened while messages flow, and how
 * long it takes meanwhile until they are in, and have got what they missed.
 *
 * A fleet of its own with an epoll of its own: thousands of members that are
 * ready to read would else stand before a handshake's answer, and what was
 * measured would be the client. They enter rooms that get no messages now.
 */
#ifndef BENCH_ARRIVALS_H
#define BENCH_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "fleet.h"

struct arrivals_plan {
	struct fleet_plan fleet;
	uint64_t rate;   /* a second; 0: as fast as fleet.parallel allows */
	uint64_t missed; /* messages of its room that each is to get */
};

struct arrivals {
	struct arrivals_plan plan;
	struct fleet fleet;
	uint64_t start_ns;          /* 0: not yet */
	uint64_t end_ns;            /* 0: not yet */
	struct histogram caught_up; /* connect to the last one missed, in ns */
	uint64_t wrong; /* messages none of them missed, or not the next */
};

/* Nothing arrives before arrivals_start. */
void arrivals_init(struct arrivals *a, const struct arrivals_plan *plan);
void arrivals_fini(struct arrivals *a);

/* Begin at that time, which may lie ahead. */
void arrivals_start(struct arrivals *a, uint64_t start_ns);

/* Open what is due and handle what is ready; never waits. */
void arrivals_turn(struct arrivals *a);

/* Some have begun, and not all are open yet. */
bool arrivals_is_busy(const struct arrivals *a);

/* All have come in or were refused, and have what they missed. */
bool arrivals_is_over(const struct arrivals *a);

/* Those who came in and did not get all that they missed. */
uint64_t arrivals_lacking(const struct arrivals *a);

#endif
