/*
 * watches: the backend, and what it has to watch: the channel of each room
 * that has a member here. Part of the hub; main thread only.
 *
 * The workers' mail says which rooms open and empty, the backend which watches
 * are in force; the workers are told of those through the outbox. A user's
 * room is an interest like any other, but nothing is published to it by name:
 * the backend never hears of it.
 *
 * Nothing here walks over all rooms at once: what concerns many is done a part
 * a turn of the loop.
 */
#ifndef CORE_WATCHES_H
#define CORE_WATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/backend.h"
#include "core/interest.h"

struct aim;
struct conf;
struct mail;
struct event_base;
struct metrics;
struct outbox;
struct room_notice;

struct watches {
	struct interests interests;
	struct list waiting;  /* interests whose members wait for their watch */
	struct list released; /* of those, who is to hear: wait no more */
	uint32_t opened[INTEREST_MAX_WORKERS]; /* as in struct room_notice */
	uint32_t epoch; /* how many times it has been down, and is not */
	const struct backend_seats *seats; /* borrowed; NULL: none */
	const struct backend_ops *ops;
	struct backend *backend; /* owned; NULL before watches_open */
	struct outbox *outbox;   /* borrowed */
	struct metrics *metrics; /* borrowed */
	bool rooms_need_watch;
	enum backend_state state;
};

void watches_init(struct watches *w, struct outbox *outbox,
    struct metrics *metrics, bool rooms_need_watch);

/* Open the backend; as backend_ops.open. */
int watches_open(struct watches *w, const struct backend_ops *ops,
    struct event_base *base, const struct conf *conf,
    const struct backend_sink *sink, void *arg, struct err *e)
    __attribute__((warn_unused_result));

/* Close the backend and free the rest. */
void watches_fini(struct watches *w);

/*
 * A worker has its first member of a room, or the first who wants deflated
 * messages; or it has lost its last one.
 */
void watches_opened(
    struct watches *w, const struct room_notice *n, bool wants_deflated);
void watches_emptied(struct watches *w, const struct room_notice *n);

/* Before the first of these mails is handled: as mail_fetch_rooms. */
void watches_fetch(
    const struct watches *w, const struct mail *mail, size_t count);

/*
 * A join to these rooms was posted to the workers of the bit set; then: one
 * of them has carried it out.
 */
void watches_expect(
    struct watches *w, const struct aim *rooms, uint64_t workers);
void watches_arrived(struct watches *w, const struct aim *rooms);

/*
 * Do a part of what is due: forget rooms whose grace is over, let in who
 * waits for a backend that is down. Called at each tick, and in the next turn
 * of the loop again when it returns true: there is more.
 */
bool watches_catch_up(struct watches *w);

/*
 * As backend_sink: the backend is not down any more, and every room known by
 * now is watched, or a gap will be told when it is; or it is down, and nobody
 * shall wait for it (watches_catch_up is due then). A watch is in force.
 */
void watches_set_state(struct watches *w, enum backend_state state);
void watches_confirmed(struct watches *w, struct slice name, uint64_t hash);
/* And: a watch is refused. Who waits for it is turned away. */
void watches_refused(struct watches *w, struct slice name, uint64_t hash);

#endif
