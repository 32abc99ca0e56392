/*
 * announce: what all with ids are told, in order with what they get: that there
 * is a gap, and now and then where they are. Part of core/keeper; main thread
 * only.
 */
#ifndef CORE_ANNOUNCE_H
#define CORE_ANNOUNCE_H

#include <stdbool.h>
#include <stdint.h>

struct conf;
struct history;
struct metrics;
struct outbox;

struct announce {
	const struct history *history; /* borrowed, as the next three */
	const struct conf *conf;
	struct outbox *outbox;
	struct metrics *metrics;
	bool has_readers; /* somebody with ids has come; else all is in vain */
	bool owes_gap;
	/* When all have last been told where they are. */
	int64_t told_ms;
	uint64_t told_passed;
};

void announce_init(struct announce *a, const struct history *history,
    const struct conf *conf, struct outbox *outbox, struct metrics *metrics);

/* There is a gap up to here; where there is no position, up to the first. */
void announce_gap(struct announce *a);
/* That of which one is owed: before anything follows, and at each tick. */
void announce_owed(struct announce *a);

/*
 * Twice a second, where there is a position: each worker has it for those who
 * hear nothing else until their next ping. All are told it at once when a
 * cursor from the last time may soon be too old.
 */
void announce_here(struct announce *a, int64_t now_ms);

#endif
