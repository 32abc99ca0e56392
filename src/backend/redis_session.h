/*
 * redis_session: to be subscribed at one Redis server, for as long as that is
 * wanted. Connections are made and, when they are lost, made again. It is up
 * while every channel that is wanted is in force, and partly up while only some
 * of rooms are not yet, or nothing is read for long; those of rooms the server
 * may refuse one by one, the others it must grant. What is published on them
 * is its owner's matter. Main thread.
 */
#ifndef BACKEND_REDIS_SESSION_H
#define BACKEND_REDIS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_channels.h"
#include "backend/redis_link.h"
#include "base/slice.h"
#include "core/backend.h"

struct event_base;
struct metrics;
struct redis_canary_words;
struct redis_session;

/* Descriptors of one: both connections, what is dialled, look-ups. */
enum { REDIS_SESSION_FILES_MAX = 16 };

struct redis_session_options {
	struct redis_link_options link; /* borrowed as that says */
	int64_t reconnect_min_ms, reconnect_max_ms;
	int64_t heartbeat_ms;
	bool leaves_rooms; /* their channels come, and go: it must be allowed */
	/* Of the heartbeat; borrowed until redis_session_free, or NULL. */
	const struct redis_canary_words *words;
};

/* What a session tells its owner; slices are borrowed for the call. */
struct redis_session_sink {
	void (*on_message)(void *arg, const struct backend_message *m);
	/* The next three are as those of backend_sink. */
	void (*on_batch_end)(void *arg);
	void (*on_state)(void *arg, enum backend_state state);
	void (*on_gap)(void *arg);
	/* The subscription has ended, whether or not it was up. */
	void (*on_broken)(void *arg);
	/* The channel of a room is in force; or the server permits it not. */
	void (*on_in_force)(void *arg, struct slice channel);
	void (*on_refused)(void *arg, struct slice channel);
};

/* One that is down and does nothing yet. metrics, sink and arg outlive it. */
struct redis_session *redis_session_new(struct event_base *base,
    const struct redis_session_options *options, struct metrics *metrics,
    const struct redis_session_sink *sink, void *arg);

/* End a session at once, without a call into the sink. NULL is fine. */
void redis_session_free(struct redis_session *s);

/* Connect, and from now on for as long as it takes. Once. */
void redis_session_open(struct redis_session *s);

/*
 * The server to be at is another one: leave this one, and connect again at
 * once. The session has been opened. Not in a call of the sink.
 */
void redis_session_move(struct redis_session *s, const char *reason);

/* Want a channel, or do not any more: as redis_channels. */
void redis_session_want(struct redis_session *s, struct slice channel,
    enum redis_channel_kind kind);
void redis_session_unwant(struct redis_session *s, struct slice channel,
    enum redis_channel_kind kind);

/*
 * The next heartbeat waits until the server has all that is wanted now, and
 * nothing else: for one that waits for all channels.
 */
void redis_session_hold_beat(struct redis_session *s);

/* As redis_channels_rename. */
void redis_session_rename(
    struct redis_session *s, struct slice from, struct slice to);

/* One more heartbeat, as soon as possible. */
void redis_session_beat(struct redis_session *s);

/* Stop reading payloads, or go on. */
void redis_session_set_paused(struct redis_session *s, bool is_paused);

#endif
