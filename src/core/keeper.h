/*
 * keeper: the history of a hub, and what it owes those who go by it: pages for
 * who comes back (core/replay), and now and then, for all with ids, where they
 * are. Part of the hub; main thread only.
 */
#ifndef CORE_KEEPER_H
#define CORE_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/replay.h"

struct conf;
struct history;
struct metrics;
struct outbox;
struct resume;

struct keeper {
	struct history *history; /* owned; NULL: not configured */
	struct replays replays;
	struct outbox *outbox; /* borrowed, as the next two */
	struct metrics *metrics;
	const struct conf *conf;
	/* When all with ids have last been told where they are. */
	int64_t told_ms;
	uint64_t told_passed;
};

void keeper_init(struct keeper *k, const struct conf *conf,
    struct outbox *outbox, struct metrics *metrics);
void keeper_fini(struct keeper *k);

/* A worker asks; takes r. Pages come by keeper_turn. */
void keeper_take(struct keeper *k, struct resume *r);
/* Put pages into the outbox. True: there are more to make. */
bool keeper_turn(struct keeper *k);
/* Twice a second: let go of what is old, say where all are; in the outbox. */
void keeper_tick(struct keeper *k);

#endif
