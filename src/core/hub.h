/*
 * hub: the main thread's half of a message's way. It takes payloads from the
 * backend, finds out which workers have a member of the target rooms, encodes
 * the frame once and posts it to them; and it keeps the backend watching the
 * rooms that have a member here.
 *
 * How it knows: a worker posts MAIL_ROOM_OPENED before it answers the first
 * member's handshake. The hub takes its mail after each read from the backend
 * and before it routes what was read. So whoever publishes after the client
 * saw its 101 finds the room known here: nothing falls between.
 */
#ifndef CORE_HUB_H
#define CORE_HUB_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/backend.h"
#include "core/census.h"
#include "core/metrics.h"
#include "core/publication.h"
#include "core/roster.h"

struct conf;
struct event_base;
struct hub;
struct mailbox;
struct new_conf;
struct worker;
struct worker_shared;

/*
 * Make a hub for the count workers on the main thread's base. mailbox is
 * where the workers post to. on_worker_done is called when a worker's loop
 * has ended. All of it is borrowed and outlives the hub. NULL with e filled on
 * failure.
 */
struct hub *hub_new(struct event_base *base, const struct conf *conf,
    const struct worker_shared *shared, struct worker **workers, unsigned count,
    struct mailbox *mailbox, struct metrics *metrics,
    void (*on_worker_done)(void *arg), void *arg, struct err *e);

/*
 * The only worker runs on the main thread: its mail wakes the hub within the
 * loop of both, without the kernel. Before there is any.
 */
void hub_share_thread(struct hub *h);

/* Open the backend; payloads flow from here on. 0 or a negative errno. */
int hub_start(struct hub *h, const struct backend_ops *ops, struct err *e)
    __attribute__((warn_unused_result));

/* As backend_ops.reload. */
int hub_reload(struct hub *h, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Have the worker of this index go by another configuration, behind all that it
 * was posted; takes n.
 */
void hub_give_conf(struct hub *h, unsigned worker, struct new_conf *n);

/*
 * Go by this configuration from now on, with a reference; workers are given it
 * behind that.
 */
void hub_use_conf(struct hub *h, const struct conf *conf);

/*
 * Who looks for keys that tokens are checked with is told that a worker wants
 * that, NULL: nobody is; and tells all workers when it has.
 */
void hub_set_on_keys_wanted(
    struct hub *h, void (*on_keys_wanted)(void *arg), void *arg);
void hub_tell_keys(struct hub *h);

/* Tell all workers to close their connections and end. */
void hub_drain(struct hub *h);

/*
 * All workers have ended: have the events that they have posted leave, for a
 * few seconds at most.
 */
void hub_flush_events(struct hub *h);

/*
 * Behind that: have nobody read any more of who was here, for a second or two
 * at most. Where an event was lost, or has not left, the app is told that the
 * instance is gone: it may know of connections that are not there any more.
 */
void hub_leave_seats(struct hub *h);

/* Whether every wanted subscription is in force. */
bool hub_is_up(const struct hub *h);

/* Whether nothing is heard of what is published now. */
bool hub_is_down(const struct hub *h);

/* As backend_ops.name_away. */
void hub_name_away(const struct hub *h, struct buf *out);

/* As backend_ops.is_warm. */
bool hub_is_warm(const struct hub *h);

/*
 * The first worker that has not come round for PULSE_LATE_MS (core/pulse.h);
 * -1 when all do.
 */
int hub_find_stuck(const struct hub *h);

/*
 * Ask for a page of the connections, as roster_open. The hashes of names are
 * filled in here.
 */
struct roster *hub_list_connections(struct hub *h, struct roster_query *query,
    roster_done_fn on_done, void *arg);

/*
 * What is wrong with a payload for this channel, valid until the next one; or
 * NULL. Then to publish it: as publication_open, which may be NULL.
 */
const char *hub_judge(
    struct hub *h, struct slice channel, struct slice payload);
struct publication *hub_publish(struct hub *h, struct slice channel,
    struct slice payload, publication_done_fn on_done, void *arg);

/* Ask for a page of the rooms, as census_open. */
struct census *hub_list_rooms(struct hub *h, const struct census_query *query,
    census_done_fn on_done, void *arg);

/* Close the backend and free; the workers' threads have ended. NULL is fine. */
void hub_free(struct hub *h);

#endif
