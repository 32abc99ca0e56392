/*
 * redis_channel: a channel that is wanted, or was, and what was said about it.
 */
#ifndef BACKEND_REDIS_CHANNEL_H
#define BACKEND_REDIS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"

/* What a channel is of. A pattern is one for many: those that it matches. */
enum redis_channel_kind {
	REDIS_CHANNEL_BASE, /* the configuration */
	REDIS_CHANNEL_PATTERN,
	REDIS_CHANNEL_ROOM,
	REDIS_CHANNEL_SHARD, /* a room, where its slot of a cluster is */
};

struct redis_channel {
	struct map_node node;
	struct list link; /* in one of those of redis_channel_set */
	enum redis_channel_kind kind;
	uint16_t slot; /* of REDIS_CHANNEL_SHARD; else 0 */
	bool is_wanted;
	bool is_sent;       /* the last command about it was SUBSCRIBE */
	bool is_pending;    /* wanted, and neither confirmed nor refused */
	bool is_announced;  /* or is no room */
	bool is_alone;      /* goes into a command of its own */
	bool is_refused;    /* and that was told; until it is confirmed */
	uint32_t epoch;     /* that this is about */
	uint32_t turn;      /* of the set, when it was wanted */
	unsigned in_flight; /* commands about it that await confirmation */
	size_t len;
	char name[]; /* len bytes */
};

static inline bool redis_channel_is_room(const struct redis_channel *c)
{
	return c->kind == REDIS_CHANNEL_ROOM || c->kind == REDIS_CHANNEL_SHARD;
}

static inline struct slice redis_channel_name(const struct redis_channel *c)
{
	return slice_of(c->name, c->len);
}

#endif
