/*
 * room: its members on one worker. Exists while it has one.
 *
 * A room holds a vector of its members, a connection a small array of its
 * rooms with its position in each vector: joining appends, leaving swaps with
 * the last, both in constant time, and a fan-out is one walk over memory.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/slice.h"

struct conn;

struct member {
	struct conn *conn;   /* borrowed */
	uint32_t membership; /* index among the connection's memberships */
};

struct room {
	struct map_node node;   /* in the worker's table */
	struct member *members; /* owned */
	uint32_t count;
	uint32_t cap;
	bool is_watched; /* what is published to it arrives here */
	uint8_t name_len;
	char name[];
};

/* An empty room, or NULL when memory is out. */
struct room *room_new(struct slice name);
void room_free(struct room *r);

static inline struct slice room_name(const struct room *r)
{
	return slice_of(r->name, r->name_len);
}

/* Append a member; its position is then count - 1. 0 or -ENOMEM. */
int room_add(struct room *r, struct conn *c, uint32_t membership)
    __attribute__((warn_unused_result));

/* Remove the member at this position; the last one takes its place. */
void room_del(struct room *r, uint32_t position);

/* The room of this name in a table of rooms, or NULL. */
struct room *room_find(
    const struct map *rooms, struct slice name, uint64_t hash);

#endif
