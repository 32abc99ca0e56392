/*
 * keeper: the history of a hub: what it gets of each payload, what the backend
 * says of positions, and so what those are owed who go by it: pages for who
 * comes back (core/replay), notes for all with ids (core/announce). Part of the
 * hub; main thread only.
 */
#ifndef CORE_KEEPER_H
#define CORE_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/allowances.h"
#include "core/announce.h"
#include "core/history.h"
#include "core/parking.h"
#include "core/replay.h"

struct aim_room;
struct backend;
struct backend_message;
struct backend_ops;
struct conf;
struct message;
struct metrics;
struct outbox;
struct resume;
struct targets;

struct keeper {
	struct history *history; /* owned; NULL: not configured */
	struct allowances allowances;
	struct replays replays;
	struct parking parking;
	struct announce announce;
	struct metrics *metrics; /* borrowed, as the next */
	const struct conf *conf;
	char mark[PLACE_MARK_MAX + 1]; /* random, of this process */
	/* The id of the payload at hand; "": it has none, and is not kept. */
	char id[HISTORY_ID_MAX + 1];
	bool is_past;       /* it is for nobody who is here */
	bool awaits_past;   /* a stream is read from where the history begins */
	bool has_read_past; /* once, or a part */
	bool owes_past; /* somebody was let in before it had all been read */
	bool is_off;    /* until keeper_void */
};

void keeper_init(struct keeper *k, const struct conf *conf,
    struct outbox *outbox, struct metrics *metrics);
void keeper_fini(struct keeper *k);
/*
 * Go by this configuration, borrowed; whether there is a history stays as it
 * is. Where what was made up to now is of no use to who comes, nothing of it is
 * kept: whoever was away then has a gap.
 */
void keeper_use_conf(struct keeper *k, const struct conf *conf, bool is_of_use);
/* The backend is open. */
void keeper_open(
    struct keeper *k, const struct backend_ops *ops, struct backend *backend);

/* --- payloads, for the router --- */

/*
 * Where there is a history: a payload has come that is of one of our channels,
 * or not; k->id is its id from now on. Whatever becomes of it, its position
 * counts.
 */
void keeper_place(
    struct keeper *k, const struct backend_message *m, bool is_ours);
static inline bool keeper_keeps(const struct keeper *k)
{
	return k->id[0] != '\0';
}
/* The position that it comes behind; 0 without a history. */
uint64_t keeper_after(const struct keeper *k);
/*
 * What has become of one that keeper_keeps: a message, of which a reference is
 * taken over; or it is lost here, which is told.
 */
void keeper_keep(struct keeper *k, struct message *m);
void keeper_lose(struct keeper *k);

/*
 * A forget command: these ids among the targets, and these rooms, whose array
 * is sorted in place. Returns how many messages are kept no more.
 */
size_t keeper_forget(struct keeper *k, const struct targets *targets,
    struct aim_room *rooms, size_t room_count);

/* --- as in struct backend_sink --- */

void keeper_mark(struct keeper *k, struct slice id);
void keeper_void(struct keeper *k);
void keeper_off(struct keeper *k);
void keeper_hole(struct keeper *k);
void keeper_barrier(struct keeper *k);

/* --- who comes back --- */

/* A worker asks; takes r. Pages come by keeper_turn. */
void keeper_take(struct keeper *k, struct resume *r);
/* Whether there are pages to make. */
bool keeper_has_pages(const struct keeper *k);
/* Put pages into the outbox. True: there are more to make. */
bool keeper_turn(struct keeper *k);
/* Twice a second: let go of what is old, say where all are; in the outbox. */
void keeper_tick(struct keeper *k);

#endif
