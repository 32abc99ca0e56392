/*
 * redis_sharded: the channels of rooms in a cluster with sharded pub/sub, each
 * subscribed at the master of its slot: a redis_shard for each master that has
 * one, none for the others. Where slots are, the owner finds out; a server that
 * sends a channel to another one is believed once, until that is known. Main
 * thread.
 *
 * A slot that is nobody's, or whose master is not known, is waited for. Who is
 * let in does not wait: then, and where a connection is lost or a slot moves, a
 * gap is told of these slots, once all of it is in force.
 */
#ifndef BACKEND_REDIS_SHARDED_H
#define BACKEND_REDIS_SHARDED_H

#include "backend/redis_shard.h"
#include "backend/redis_slot.h"
#include "sys/resolve.h"

struct redis_failure;
struct redis_sharded;
struct redis_slots;

enum {
	/* Masters that it is connected to; rooms of more are nowhere. */
	REDIS_SHARDED_SITES_MAX = 256,
	/* Descriptors, while all their names are looked up. */
	REDIS_SHARDED_FILES_MAX = REDIS_SHARDED_SITES_MAX * RESOLVE_FILES_MAX,
};

/* What one tells its owner; it is not freed in a call. Slices are borrowed. */
struct redis_sharded_sink {
	/*
	 * Find out where the slots are: then redis_sharded_know, not at once.
	 */
	void (*on_look)(void *arg);
	/* Whether all that is wanted is subscribed; it is at the beginning. */
	void (*on_whole)(void *arg, bool is_whole);
	/* Messages of rooms in these slots may have been missed. */
	void (*on_gap)(void *arg, const struct redis_slot_set *slots);
};

/* One that knows no slot yet, and will ask. sink and arg outlive it. */
struct redis_sharded *redis_sharded_new(struct event_base *base,
    const struct redis_shard_options *options,
    const struct redis_sharded_sink *sink, void *arg);
/* No call into the sink. NULL is fine. */
void redis_sharded_free(struct redis_sharded *s);

/* Where the slots are by now; copied. Not in a call of the sink. */
void redis_sharded_know(
    struct redis_sharded *s, const struct redis_slots *slots);

/* No node says where they are by now. */
void redis_sharded_miss(
    struct redis_sharded *s, const struct redis_failure *why);

/* Want the channel of a room, or do not any more. */
void redis_sharded_want(struct redis_sharded *s, struct slice channel);
void redis_sharded_unwant(struct redis_sharded *s, struct slice channel);

/*
 * Nobody has waited for what is not in force yet: a gap is told of these slots
 * as well, once it is.
 */
void redis_sharded_expect_all(struct redis_sharded *s);

/* Stop reading payloads, or go on. */
void redis_sharded_set_paused(struct redis_sharded *s, bool is_paused);

#endif
