/*
 * replay: the hub's half of core/resume: from where on a connection has missed
 * something, and the pages of that. Part of the hub; main thread only.
 */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"

struct history;
struct metrics;
struct outbox;
struct resume;

enum { REPLAY_PAGE_BYTES = 256 << 10 }; /* or half of delivery.queue */

struct replays {
	struct history *history; /* borrowed, as the next two */
	struct outbox *outbox;
	struct metrics *metrics;
	size_t page_bytes;
	struct list waiting; /* for a page, in order; there is a position */
	bool knows_none;     /* every cursor is unknown */
};

void replays_init(struct replays *s, struct history *history,
    struct outbox *outbox, struct metrics *metrics, size_t queue_bytes);
void replays_fini(struct replays *s);

/*
 * A worker asks, while there is a position; takes r. Its place is what has been
 * heard up to now: a page comes later, by replays_turn. False, and r is still
 * the caller's: its cursor may be later than that. Not where is_final says that
 * it can not.
 */
bool replays_take(
    struct replays *s, struct resume *r, int64_t now_ms, bool is_final);
/* Those who wait for a page, the first one first; NULL: there is none. */
struct resume *replays_take_back(struct replays *s);
/*
 * There is no position: a gap is all that r is told, by this id, in the outbox;
 * it is live. Takes r.
 */
void replays_refuse(struct replays *s, struct resume *r, struct slice nowhere);

/*
 * Put pages into the outbox, as many as a turn may cost. True: there are more
 * to make.
 */
bool replays_turn(struct replays *s);

#endif
