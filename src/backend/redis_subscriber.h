/*
 * redis_subscriber: the connection on which payloads come, and what is
 * subscribed on it. It keeps the server in step with the channels that are
 * wanted, whatever connections come and go; when to connect is its owner's
 * matter.
 */
#ifndef BACKEND_REDIS_SUBSCRIBER_H
#define BACKEND_REDIS_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/redis_channels.h"
#include "backend/redis_failure.h"
#include "base/slice.h"

struct address;
struct backend_message;
struct event_base;
struct redis_link_options;
struct redis_subscriber;
struct resolve_address;

/*
 * What one tells its owner, who may close it in each. Slices are borrowed. What
 * never comes to that may be NULL.
 */
struct redis_subscriber_sink {
	/* Connected: what is wanted is about to be subscribed. */
	void (*on_ready)(void *arg);
	void (*on_message)(void *arg, const struct backend_message *m);
	/* What one read brought has been handed over. */
	void (*on_read_end)(void *arg);
	/* The channel of a room is in force; or the server permits it not. */
	void (*on_in_force)(void *arg, struct slice channel);
	void (*on_refused)(void *arg, struct slice channel);
	/* One was confirmed that on_in_force does not tell; or NULL. */
	void (*on_confirmed)(void *arg, struct slice channel);
	/* Now it may be synced, or idle: the functions below say. */
	void (*on_progress)(void *arg);
	/* The answer to redis_subscriber_ping. */
	void (*on_pong)(void *arg);
	/*
	 * Of channels of shards. The server has ended the subscription of one,
	 * which will be asked for again. And: the slot of others is not there;
	 * to is where, borrowed, or NULL: it has not been said. They wait for
	 * redis_subscriber_hand_over.
	 */
	void (*on_ended)(void *arg, struct slice channel);
	void (*on_elsewhere)(
	    void *arg, uint16_t slot, const struct address *to);
	/* No connection came about, it was lost or refused; s is closed. */
	void (*on_lost)(void *arg, const struct redis_failure *why);
};

/* A closed one. sink and what arg points at outlive it. */
struct redis_subscriber *redis_subscriber_new(struct event_base *base,
    const struct redis_link_options *options,
    const struct redis_subscriber_sink *sink, void *arg);
void redis_subscriber_free(struct redis_subscriber *s);

/* As redis_link_open and redis_link_close. */
void redis_subscriber_open(struct redis_subscriber *s);
void redis_subscriber_close(struct redis_subscriber *s);

/* Want a channel, or do not any more: as redis_channels. */
void redis_subscriber_want(struct redis_subscriber *s, struct slice channel,
    enum redis_channel_kind kind);
void redis_subscriber_unwant(struct redis_subscriber *s, struct slice channel,
    enum redis_channel_kind kind);

/*
 * on_progress is called soon, as on_sent of redis_flush_ask, whether anything
 * is to be sent or not; where there is no connection, once there is one.
 */
void redis_subscriber_ask_progress(struct redis_subscriber *s);

/* As redis_channels_rename. */
void redis_subscriber_rename(
    struct redis_subscriber *s, struct slice from, struct slice to);

/*
 * As redis_channels, for channels of shards. depart_all only while it is
 * closed: hand_over gives each of them once then.
 */
void redis_subscriber_adopt(struct redis_subscriber *s, struct slice channel);
void redis_subscriber_depart_all(struct redis_subscriber *s);
bool redis_subscriber_hand_over(
    struct redis_subscriber *s, size_t most, redis_channels_fn fn, void *arg);

/* As redis_channels_wants. */
bool redis_subscriber_wants(
    const struct redis_subscriber *s, struct slice channel);

/* There is no connection: until one is ready nobody waits for it. */
void redis_subscriber_suspend(struct redis_subscriber *s);

/* Ask whether it lives, when it is ready: on_pong tells. */
void redis_subscriber_ping(struct redis_subscriber *s);

/*
 * End no subscription at all, by a command that will end some: in on_ready, so
 * that who may not use it is refused at once, and not when all relies on it.
 */
void redis_subscriber_try(
    struct redis_subscriber *s, enum redis_channels_step step);

/* Ask again for some of those that were refused. */
void redis_subscriber_retry(struct redis_subscriber *s);

/* As redis_link_peer. */
void redis_subscriber_peer(
    const struct redis_subscriber *s, struct resolve_address *peer);

/* As redis_link_set_paused and redis_link_has_ended. */
void redis_subscriber_set_paused(struct redis_subscriber *s, bool is_paused);
bool redis_subscriber_has_ended(const struct redis_subscriber *s);

/*
 * As redis_channels_is_synced, redis_channels_is_at_rest,
 * redis_channels_expect_all and redis_channels_count.
 */
bool redis_subscriber_is_synced(const struct redis_subscriber *s);
bool redis_subscriber_is_at_rest(const struct redis_subscriber *s);
void redis_subscriber_expect_all(struct redis_subscriber *s);
size_t redis_subscriber_count(const struct redis_subscriber *s);

#endif
