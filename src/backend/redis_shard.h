/*
 * redis_shard: to be subscribed at one master of a cluster, to the channels of
 * rooms whose slots it has, for as long as that is wanted. Connections are made
 * and, when they are lost, made again; which channels are this master's is the
 * matter of its owner (backend/redis_sharded). Main thread.
 *
 * A heartbeat is a PING on the connection that is subscribed: what is published
 * comes by no other way. That the master has its slots no more, the cluster
 * says.
 */
#ifndef BACKEND_REDIS_SHARD_H
#define BACKEND_REDIS_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_channels.h"
#include "base/slice.h"

struct address;
struct backend_options;
struct event_base;
struct metrics;
struct redis_login;
struct redis_role_rule;
struct redis_shard;

/* What one tells its owner; it is not freed in a call. Slices are borrowed. */
struct redis_shard_sink {
	/*
	 * No connection came about, or it was lost: whatever was published
	 * since is missed, and it tries again.
	 */
	void (*on_broken)(void *arg);
	/* A channel was out of force: what was published then is missed. */
	void (*on_ended)(void *arg, struct slice channel);
	/* As redis_subscriber_sink: some channels are to be handed over. */
	void (*on_elsewhere)(
	    void *arg, uint16_t slot, const struct address *to);
	/* What the functions below say may be another. */
	void (*on_progress)(void *arg);
};

/* What all points at outlives the shard. */
struct redis_shard_options {
	/* Their sink is told of messages, and whether rooms are watched. */
	const struct backend_options *backend;
	const struct redis_login *login;
	const char *source; /* in the log, as redis_find_source */
	struct redis_role_rule *role;
	struct metrics *metrics; /* of the source */
	size_t max_string;       /* as redis_link_options */
};

/*
 * The master at this address, which is copied: it connects. NULL: that of those
 * whose master is not known, nobody waits for it. sink and arg outlive it.
 */
struct redis_shard *redis_shard_new(struct event_base *base,
    const struct address *address, const struct redis_shard_options *options,
    const struct redis_shard_sink *sink, void *arg);
/* NULL is fine. */
void redis_shard_free(struct redis_shard *s);

const struct address *redis_shard_address(const struct redis_shard *s);

/*
 * Want the channel of a room: one that was nowhere, or one that was another
 * master's (backend/redis_channels). Or do not want it any more.
 */
void redis_shard_want(struct redis_shard *s, struct slice channel);
void redis_shard_adopt(struct redis_shard *s, struct slice channel);
void redis_shard_unwant(struct redis_shard *s, struct slice channel);

/* Leave the master for good: all its channels are to be handed over. */
void redis_shard_leave(struct redis_shard *s);

/* As redis_channels_hand_over; on_progress is called. */
bool redis_shard_hand_over(
    struct redis_shard *s, size_t most, redis_channels_fn fn, void *arg);

/* Reading may be paused: all shards and the session at once. */
void redis_shard_set_paused(struct redis_shard *s, bool is_paused);

/*
 * Whether all that was wanted when it connected, or at redis_shard_expect_all,
 * or has come from another master, is in force.
 */
bool redis_shard_is_in_step(const struct redis_shard *s);
void redis_shard_expect_all(struct redis_shard *s);

/*
 * Whether it was tried, and has not been up since, or is nowhere: what is
 * published is lost.
 */
bool redis_shard_is_away(const struct redis_shard *s);

/* How many channels there are. */
size_t redis_shard_count(const struct redis_shard *s);

#endif
