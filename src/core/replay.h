/*
 * replay: the hub's half of core/resume: whose turn it is to get a page of what
 * it has missed (core/pages), and how much of that a turn, a worker and an
 * address get. Part of the hub; main thread only.
 */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"
#include "core/metrics.h"
#include "core/pages.h"

struct allowances;
struct history;
struct outbox;
struct resume;

/* How long limits.replay_rate_per_address delays one at most. */
enum { REPLAY_DELAY_MS = 10000 };

struct replays {
	struct pages pages;
	struct allowances *allowances; /* borrowed, as the next */
	struct outbox *outbox;
	struct list waiting; /* for a page, in order; there is a position */
	struct list delayed; /* the same; their addresses have had too much */
	/* What a stream had is being read: no pages until that is over. */
	bool reads_past;
};

void replays_init(struct replays *s, struct history *history,
    struct allowances *allowances, struct outbox *outbox,
    struct metrics *metrics, size_t queue_bytes);
void replays_fini(struct replays *s);

/*
 * A worker asks, while there is a position; takes r. Its place is what has been
 * heard up to now, or without a cursor the end of the past, where that is being
 * read: a page comes later, by replays_turn. False, and r is still
 * the caller's: its cursor may be later than that. Not where is_final says that
 * it can not.
 */
bool replays_take(
    struct replays *s, struct resume *r, int64_t now_ms, bool is_final);
/* Those who wait for a page, one after the other; NULL: there is none. */
struct resume *replays_take_back(struct replays *s);
/*
 * A gap is all that r is told, by this id, in the outbox; it is live, and
 * counts as that outcome. Takes r.
 */
void replays_refuse(
    struct replays *s, struct resume *r, struct slice id, enum metric outcome);

/*
 * Twice a second: those who were delayed may try again, and who has been for
 * too long is told of a gap. There is a position.
 */
void replays_tick(struct replays *s, int64_t now_ms);

/*
 * Put pages into the outbox, as many as a turn may cost. True: there are more
 * to make.
 */
bool replays_turn(struct replays *s);

#endif
