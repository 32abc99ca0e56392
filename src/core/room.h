/*
 * room: its members on one worker. Exists while it has one.
 *
 * A room holds a vector of its members, a connection a small array of its
 * rooms with its position in each vector: joining appends, leaving swaps with
 * the last, both in constant time, and a fan-out is one walk over memory. A
 * room of one, as a user's often is, holds its member itself.
 *
 * A user is a room too, under a name that no room can have: what is for a user
 * goes to the members of it. Only the backend is not told, as nothing is
 * published to it by that name.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/slice.h"
#include "proto/names.h"

struct conn;

struct member {
	struct conn *conn;   /* borrowed */
	uint32_t membership; /* index among the connection's memberships */
};

/* Whether what is published to the room's own channel arrives here. */
enum room_watch { ROOM_UNWATCHED, ROOM_WATCHED, ROOM_REFUSED };

struct room {
	struct map_node node; /* in the worker's table */
	union {
		struct member one;   /* cap is 1 */
		struct member *many; /* owned */
	};
	uint32_t count;
	uint32_t cap;        /* at least 1 */
	uint32_t opened;     /* the MAIL_ROOM_OPENED that told of it */
	uint8_t watch;       /* enum room_watch */
	bool wants_deflated; /* a member has, and the hub was told */
	uint16_t name_len;
	char name[];
};

enum {
	ROOM_OF_USER_MARK = 0x01, /* room names hold no control characters */
	ROOM_OF_USER_MAX = 1 + USER_NAME_MAX,
};

/* The name of a user's room, written to out; the user's is a valid one. */
struct slice room_of_user(struct slice user, char out[ROOM_OF_USER_MAX]);

static inline bool room_name_is_of_user(struct slice name)
{
	return name.len > 0 && name.ptr[0] == ROOM_OF_USER_MARK;
}

/* An empty room, or NULL when memory is out. */
struct room *room_new(struct slice name);
void room_free(struct room *r);

static inline struct slice room_name(const struct room *r)
{
	return slice_of(r->name, r->name_len);
}

/* The room's members, count of them. */
static inline struct member *room_members(struct room *r)
{
	return r->cap == 1 ? &r->one : r->many;
}

/* A walk over the members is at number i: fetch one that comes soon. */
static inline void room_fetch_ahead(
    const struct room *r, const struct member *members, uint32_t i)
{
	enum { AHEAD = 16 };

	if (i + AHEAD < r->count)
		__builtin_prefetch(members[i + AHEAD].conn, 1);
}

/* Append a member; its position is then count - 1. 0 or -ENOMEM. */
int room_add(struct room *r, struct conn *c, uint32_t membership)
    __attribute__((warn_unused_result));

/*
 * Remove the member at this position; the last one takes its place, which its
 * connection must be told.
 */
void room_del(struct room *r, uint32_t position);

/* The room of this name in a table of rooms, or NULL. */
struct room *room_find(
    const struct map *rooms, struct slice name, uint64_t hash);

#endif
