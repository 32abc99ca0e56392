/*
 * parking: who comes back before it can be said from where on: there is no
 * position, or the cursor may be later than what was heard here. They wait,
 * behind and without a frame, for the backend to say more, but never for longer
 * than three heartbeats: then there is a gap. All others go on to core/replay
 * at once. Part of the hub; main thread only.
 */
#ifndef CORE_PARKING_H
#define CORE_PARKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/list.h"
#include "core/place.h"

struct backend;
struct backend_ops;
struct metrics;
struct replays;
struct resume;

enum {
	PARKING_BEATS = 3,
	/*
	 * Barriers a second: with PUBLISH each is a mark that all instances
	 * remember, and anybody can make up cursors.
	 */
	PARKING_BARRIERS = 4,
};

struct parking {
	struct replays *replays; /* borrowed, as the next three */
	const struct backend_ops *ops;
	struct backend *backend;
	struct metrics *metrics;
	struct list waiting; /* struct resume, who came first is first */
	size_t count;
	int64_t max_ms;
	/* Barriers, by number: one is at hand while they differ. */
	uint64_t asked, answered;
	bool wants_barrier; /* somebody waits for one that is not asked for */
	struct bucket barriers;
	/* What a gap is called where there is no position: known to nobody. */
	char nowhere[PLACE_MAX + 1];
};

/* nowhere is an id that no history knows. */
void parking_init(struct parking *p, struct replays *replays,
    struct metrics *metrics, int64_t heartbeat_ms, struct slice nowhere);
void parking_fini(struct parking *p);
/* The backend is open. */
void parking_open(
    struct parking *p, const struct backend_ops *ops, struct backend *backend);

/* A worker asks; takes r. */
void parking_take(struct parking *p, struct resume *r, int64_t now_ms);

/*
 * There is a position again; or none any more: whoever waits for a page waits
 * here then.
 */
void parking_placed(struct parking *p, int64_t now_ms);
void parking_void(struct parking *p, int64_t now_ms);
/* As backend_sink.on_barrier. */
void parking_answered(struct parking *p, int64_t now_ms);

/*
 * Twice a second: let go of those who have waited for too long, ask for what
 * was not to be asked for so soon.
 */
void parking_tick(struct parking *p, int64_t now_ms);

#endif
