#include "core/room.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "core/conn.h"

enum { ROOM_FIRST_MEMBERS = 1 };

struct room *room_new(struct slice name)
{
	struct room *r = try_alloc(sizeof *r + name.len);

	if (!r)
		return NULL;
	*r = (struct room){ .name_len = (uint16_t)name.len };
	memcpy(r->name, name.ptr, name.len);
	return r;
}

void room_free(struct room *r)
{
	if (!r)
		return;
	free(r->members);
	free(r);
}

struct slice room_of_user(struct slice user, char out[ROOM_OF_USER_MAX])
{
	assert(user.len < ROOM_OF_USER_MAX);
	out[0] = ROOM_OF_USER_MARK;
	if (user.len > 0)
		memcpy(out + 1, user.ptr, user.len);
	return slice_of(out, 1 + user.len);
}

static int resize(struct room *r, uint32_t cap)
{
	struct member *members =
	    try_realloc(r->members, cap * sizeof(*members));

	if (!members)
		return -ENOMEM;
	r->members = members;
	r->cap = cap;
	return 0;
}

int room_add(struct room *r, struct conn *c, uint32_t membership)
{
	/* By a half: what is kept empty costs every large room. */
	if (r->count == r->cap && resize(r, r->cap ? r->cap + r->cap / 2 + 1
						   : ROOM_FIRST_MEMBERS) < 0)
		return -ENOMEM;
	r->members[r->count++] = (struct member){ c, membership };
	return 0;
}

void room_del(struct room *r, uint32_t position)
{
	struct member *last = &r->members[r->count - 1];

	assert(position < r->count);
	r->members[position] = *last;
	conn_memberships(last->conn)[last->membership].position = position;
	r->count--;
	/* A room that was large gives back; failing to is no harm. */
	if (r->cap > 64 && r->count < r->cap / 4)
		(void)resize(r, r->cap / 2);
}

struct room *room_find(
    const struct map *rooms, struct slice name, uint64_t hash)
{
	for (struct map_node *n = map_find(rooms, hash); n;
	     n = map_find_next(n)) {
		struct room *r = container_of(n, struct room, node);

		if (slice_eq(room_name(r), name))
			return r;
	}
	return NULL;
}
