/*
 * backend: where payloads come from. The interface that core/hub drives;
 * backend/redis.h and backend/embedded.h each name one that implements it.
 * Everything here happens on the main thread.
 */
#ifndef CORE_BACKEND_H
#define CORE_BACKEND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/slice.h"
#include "conf/conf_redis.h"

struct app_event;
struct conf;
struct event_base;
struct hash_key;
struct lost_rooms;
struct metrics;
struct seats;
struct backend; /* each implementation has its own */

/* What a publisher has said; the slices are borrowed for the call. */
struct backend_message {
	struct slice channel;
	/* Of one that was too long to be held its length alone: ptr is NULL. */
	struct slice payload;
	/*
	 * The id of a stream's entry, as clients are told it: core/place. Empty
	 * when it was PUBLISHed.
	 */
	struct slice id;
	/*
	 * An entry that was read at boot: kept for who comes back, for nobody
	 * who is here. A command in it is not carried out.
	 */
	bool is_past;
	/*
	 * It was PUBLISHed before the last mark, and comes behind it: for who
	 * is here. It has no position and is not kept.
	 */
	bool has_no_place;
};

static inline bool backend_message_is_held(const struct backend_message *m)
{
	return m->payload.ptr || m->payload.len == 0;
}

/* What has become of a payload, for a backend whose publishers hear it. */
struct backend_verdict {
	bool is_for_somebody; /* one who is here, or may be */
	const char *why_not;  /* it was dropped; valid until the next payload */
};

enum backend_state {
	BACKEND_DOWN, /* what is published now may be lost */
	/*
	 * Something is missing, as one of several servers, or comes late: but
	 * watches are confirmed.
	 */
	BACKEND_PARTLY,
	BACKEND_UP, /* every subscription that is wanted is confirmed */
};

/* What a backend tells the hub; arg is what open was given. */
struct backend_sink {
	/* A payload has come. */
	struct backend_verdict (*on_message)(
	    void *arg, const struct backend_message *m);
	/*
	 * Only judge a payload that may come later. One that will be dropped
	 * is counted and logged as dropped now.
	 */
	struct backend_verdict (*check_message)(
	    void *arg, const struct backend_message *m);
	/* What one read brought has been handed over: now it goes out. */
	void (*on_batch_end)(void *arg);
	/*
	 * Called once for each change; down before the first one. Nobody waits
	 * for a watch that was asked for while it was down: where some of these
	 * are not in force when it is not any more, the gap is told once they
	 * are.
	 */
	void (*on_state)(void *arg, enum backend_state state);
	/*
	 * The watch of a room that watch_room asked for is in force; of several
	 * servers, at all that are up.
	 */
	void (*on_watched)(void *arg, struct slice room);
	/*
	 * The server permits not to watch this room, which does without. It is
	 * tried again; on_watched tells when it has worked.
	 */
	void (*on_refused)(void *arg, struct slice room);
	/*
	 * Every subscription that is wanted is in force, for the first time or
	 * after an outage: whoever was let in before may have missed messages.
	 * What is done about it is what the source's on_gap says.
	 */
	void (*on_gap)(void *arg, enum conf_gap answer);

	/*
	 * The same of some rooms only; rooms is the callee's. With ids nobody
	 * is told: what has no position is not missed by a cursor.
	 */
	void (*on_rooms_gap)(
	    void *arg, enum conf_gap answer, struct lost_rooms *rooms);

	/*
	 * Positions of the history (core/place). What is missing is told to
	 * clients with ids at its place in the order of all these calls. Where
	 * no history is configured they do nothing.
	 *
	 * The present position is called id from now on. Where payloads are
	 * PUBLISHed id is a mark that all who heard it heard at this position,
	 * and what follows is id~1, id~2 and so on. With a stream it is the id
	 * of the entry before the next one: before the first one at boot, and
	 * after on_void; and once more, as what the head is called, when all
	 * that is_past has been read, or for now: who comes back waits for
	 * that.
	 */
	void (*on_mark)(void *arg, struct slice id);
	/*
	 * What was heard up to now has no known order with what comes: no
	 * cursor from before is known any more, and there is no position until
	 * the next on_mark. A barrier that was asked for is off.
	 */
	void (*on_void)(void *arg);
	/*
	 * Between the last payload and the next one of this stream, or of what
	 * is PUBLISHed, something is missing. There is a position.
	 */
	void (*on_hole)(void *arg);
	/* All that was published before ask_barrier has been handed over. */
	void (*on_barrier)(void *arg);
	/*
	 * No order can be known: as on_void, but there will be no on_mark until
	 * an on_void has come again. Who comes back has a gap.
	 */
	void (*on_off)(void *arg);
};

/* What has become of something that the gateway itself publishes. */
struct backend_told {
	const char *error;  /* why it is not published; NULL: it is */
	const char *remedy; /* what to do then, a literal; or NULL */
	int64_t receivers;  /* instances that it was given to; -1: not said */
};

/* Something that is to be published; lives until that is told or forgotten. */
struct backend_publication {
	struct slice channel, payload;
	/* Once, perhaps at once; no call back into the backend. */
	void (*on_told)(
	    struct backend_publication *p, const struct backend_told *told);
	struct list link; /* the backend's, as the next */
	void *via;
};

/* Who is in which room here, as others may read it: core/seats. */
struct backend_seats {
	struct seats *seats;
	const struct hash_key *hash_key; /* of their names */
	const char *instance;            /* what this one is called */
	/*
	 * All may have been told that the instance is gone, and it is not: let
	 * its text be another one, and the app be told anew of who is here.
	 */
	void (*rename)(void *arg);
	void *arg;
};

/* What a backend is opened with; all of it outlives the backend. */
struct backend_options {
	const struct conf *conf;
	const struct conf_redis
	    *source; /* of conf, for one that has a server */
	struct metrics *metrics;
	const struct backend_sink *sink;
	void *arg;
	const struct backend_seats *seats; /* NULL: nobody is to read them */
};

struct backend_ops {
	const char *name;
	/*
	 * False: room channels arrive without being watched, watch_room and
	 * unwatch_room are never called.
	 */
	bool (*needs_watch)(const struct conf *conf);
	/*
	 * It calls on_mark and on_void. False: there is no other instance that
	 * hears what it hears, and positions have names of the hub's own; but
	 * with a stream, whose entries have ids, it calls on_mark.
	 */
	bool names_places;
	/* Descriptors it may hold at once. */
	unsigned (*files_max)(const struct conf *conf);
	/*
	 * Start. Returns 0 and *out, owned by the caller until close; or a
	 * negative errno with e filled when it can never work (an address
	 * that cannot be listened on). A server that is not there yet is no
	 * error: it is tried again for as long as it takes. No call into the
	 * sink before it has returned.
	 */
	int (*open)(struct backend **out, struct event_base *base,
	    const struct backend_options *options, struct err *e);
	/*
	 * Subscribe to the channel of a room (channels.room_prefix + name), or
	 * stop. The hub never watches a room twice. Batched: what is asked for
	 * in one turn of the loop, or close behind each other, goes out as one
	 * command, or as few.
	 */
	void (*watch_room)(struct backend *b, struct slice room);
	void (*unwatch_room)(struct backend *b, struct slice room);
	/*
	 * Read again what the configuration says is in a file, and go by it.
	 * 0, or a negative errno with e filled and nothing changed.
	 */
	int (*reload)(struct backend *b, struct err *e);
	/*
	 * Go by this configuration, which outlives it as the first did, as far
	 * as it may change while all runs: what comes by channels that are new
	 * is heard before anything is missed of those that are left.
	 */
	void (*use_conf)(struct backend *b, const struct conf *conf);
	/* Stop reading payloads, or go on: workers are full. */
	void (*set_paused)(struct backend *b, bool is_paused);
	/*
	 * Somebody has a cursor that may be later than all that was heard:
	 * answer with on_barrier, not within this call. Not called again
	 * before that or on_void, and only where there is a position; perhaps
	 * within a call of the sink. NULL: no cursor can be later.
	 */
	void (*ask_barrier)(struct backend *b);
	/*
	 * Whether enough is kept since the start, or nobody else has more: else
	 * clients had better go to another instance. NULL: always.
	 */
	bool (*is_warm)(const struct backend *b);
	/*
	 * Append which of several servers are not up, for operators; nothing
	 * when all are. NULL: there is one.
	 */
	void (*name_away)(const struct backend *b, struct buf *out);
	/*
	 * Publish as an app does: every instance hears it, and this one by
	 * on_message. Or forget one that was not told yet.
	 */
	void (*publish)(struct backend *b, struct backend_publication *p);
	void (*forget)(struct backend *b, struct backend_publication *p);
	/*
	 * Have an event leave for the app, as `events` says; takes it. What
	 * waits is bounded, and what does not leave is counted as lost. Where
	 * there are no events it is not called.
	 */
	void (*post_event)(struct backend *b, struct app_event *e);
	/* Whether some wait, to leave or to be confirmed. */
	bool (*has_events)(const struct backend *b);
	/*
	 * Seats have changed: have them written. Then to take away all that is
	 * written of this instance, which is told of as gone where it owes
	 * events; and whether that is still under way. All NULL: there is no
	 * place where others would read it.
	 */
	void (*write_seats)(struct backend *b);
	void (*leave_seats)(struct backend *b, bool owes_events);
	bool (*is_leaving)(const struct backend *b);
	/* Close at once, free all; no call into the sink. NULL is fine. */
	void (*close)(struct backend *b);
};

#endif
