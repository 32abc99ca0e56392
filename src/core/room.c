#include "core/room.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"

struct room *room_new(struct slice name)
{
	struct room *r = try_alloc(sizeof *r + name.len);

	if (!r)
		return NULL;
	*r = (struct room){ .cap = 1, .name_len = (uint16_t)name.len };
	memcpy(r->name, name.ptr, name.len);
	return r;
}

void room_free(struct room *r)
{
	if (!r)
		return;
	if (r->cap > 1)
		free(r->many);
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

/* cap is more than 1: what was large stays a vector. */
static int resize(struct room *r, uint32_t cap)
{
	struct member *old = r->cap > 1 ? r->many : NULL;
	struct member *many = try_realloc(old, cap * sizeof(*many));

	if (!many)
		return -ENOMEM;
	if (!old)
		many[0] = r->one;
	r->many = many;
	r->cap = cap;
	return 0;
}

int room_add(struct room *r, struct conn *c, uint32_t membership)
{
	/* By a half: what is kept empty costs every large room. */
	if (r->count == r->cap && resize(r, r->cap + r->cap / 2 + 1) < 0)
		return -ENOMEM;
	room_members(r)[r->count++] = (struct member){ c, membership };
	return 0;
}

void room_del(struct room *r, uint32_t position)
{
	struct member *members = room_members(r);

	assert(position < r->count);
	members[position] = members[--r->count];
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
