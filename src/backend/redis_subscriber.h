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

struct backend_message;
struct event_base;
struct redis_link_options;
struct redis_subscriber;
struct resolve_address;

/* What one tells its owner, who may close it in each. Slices are borrowed. */
struct redis_subscriber_sink {
	/* Connected: what is wanted is about to be subscribed. */
	void (*on_ready)(void *arg);
	void (*on_message)(void *arg, const struct backend_message *m);
	/* What one read brought has been handed over. */
	void (*on_read_end)(void *arg);
	/* The channel of a room is in force; or the server permits it not. */
	void (*on_in_force)(void *arg, struct slice channel);
	void (*on_refused)(void *arg, struct slice channel);
	/* A subscription was confirmed that on_in_force does not tell. */
	void (*on_confirmed)(void *arg, struct slice channel);
	/* Now it may be synced, or idle: the functions below say. */
	void (*on_progress)(void *arg);
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
void redis_subscriber_unwant(struct redis_subscriber *s, struct slice channel);

/* Ask again for some of those that were refused. */
void redis_subscriber_retry(struct redis_subscriber *s);

/* As redis_link_peer. */
void redis_subscriber_peer(
    const struct redis_subscriber *s, struct resolve_address *peer);

/* As redis_link_set_paused and redis_link_has_ended. */
void redis_subscriber_set_paused(struct redis_subscriber *s, bool is_paused);
bool redis_subscriber_has_ended(const struct redis_subscriber *s);

/*
 * As redis_channels_is_synced, redis_channels_is_idle and
 * redis_channels_count.
 */
bool redis_subscriber_is_synced(const struct redis_subscriber *s);
bool redis_subscriber_is_idle(const struct redis_subscriber *s);
size_t redis_subscriber_count(const struct redis_subscriber *s);

#endif
