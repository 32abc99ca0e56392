#include "core/interest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/room.h"

void interests_init(struct interests *s)
{
	map_init(&s->rooms);
	list_init(&s->idle);
	s->idle_count = 0;
	s->deflated_count = 0;
	s->room_count = 0;
}

void interests_fini(struct interests *s)
{
	struct map_node *n = map_next(&s->rooms, NULL);

	while (n) {
		struct map_node *next = map_next(&s->rooms, n);

		free(container_of(n, struct interest, node));
		n = next;
	}
	map_fini(&s->rooms);
}

struct interest *interests_find(
    const struct interests *s, struct slice name, uint64_t hash)
{
	for (struct map_node *n = map_find(&s->rooms, hash); n;
	     n = map_find_next(n)) {
		struct interest *room = container_of(n, struct interest, node);

		if (slice_eq(interest_name(room), name))
			return room;
	}
	return NULL;
}

static void set_idle(struct interests *s, struct interest *room, bool is_idle)
{
	assert(is_idle || s->idle_count > 0);
	list_del(&room->link);
	if (is_idle)
		list_add(&s->idle, &room->link);
	s->idle_count += is_idle ? 1 : -1;
}

/* The room, made when it is missing, and not idle any more. */
static struct interest *need_room(
    struct interests *s, struct slice name, uint64_t hash, bool *is_new)
{
	struct interest *room = interests_find(s, name, hash);

	*is_new = !room;
	if (!room) {
		room = xcalloc(1, sizeof *room + name.len);
		list_init(&room->link);
		room->name_len = (uint16_t)name.len;
		memcpy(room->name, name.ptr, name.len);
		map_add(&s->rooms, &room->node, hash);
	} else if (interest_workers(room) == 0) {
		set_idle(s, room, false);
	}
	return room;
}

/* Those that some worker has, for people: a user's room is none to them. */
static void set_workers(
    struct interests *s, struct interest *room, uint64_t workers)
{
	if (!room_name_is_of_user(interest_name(room)))
		s->room_count += (workers != 0) - (room->workers != 0);
	room->workers = workers;
}

struct interest *interests_add(struct interests *s, struct slice name,
    uint64_t hash, unsigned worker, bool *is_new)
{
	struct interest *room = need_room(s, name, hash, is_new);

	set_workers(s, room, room->workers | UINT64_C(1) << worker);
	return room;
}

struct interest *interests_expect(struct interests *s, struct slice name,
    uint64_t hash, uint64_t workers, bool *is_new)
{
	struct interest *room = need_room(s, name, hash, is_new);

	assert(workers != 0);
	room->joining |= workers;
	room->joins += (uint32_t)__builtin_popcountll(workers);
	return room;
}

void interests_add_deflated(struct interests *s, struct interest *room)
{
	s->deflated_count += !room->wants_deflated;
	room->wants_deflated = true;
}

static void drop_deflated(struct interests *s, struct interest *room)
{
	s->deflated_count -= room->wants_deflated;
	room->wants_deflated = false;
}

static void check_idle(
    struct interests *s, struct interest *room, int64_t now_ms)
{
	if (interest_workers(room) != 0)
		return;
	drop_deflated(s, room);
	room->idle_until_ms = now_ms + INTEREST_GRACE_MS;
	set_idle(s, room, true);
}

void interests_arrived(
    struct interests *s, struct interest *room, int64_t now_ms)
{
	assert(room->joins > 0);
	if (--room->joins > 0)
		return;
	room->joining = 0;
	check_idle(s, room, now_ms);
}

void interests_drop(
    struct interests *s, struct interest *room, unsigned worker, int64_t now_ms)
{
	if (interest_workers(room) == 0)
		return; /* it is idle already */
	set_workers(s, room, room->workers & ~(UINT64_C(1) << worker));
	check_idle(s, room, now_ms);
}

struct interest *interests_expired(const struct interests *s, int64_t now_ms)
{
	struct interest *room;

	if (list_is_empty(&s->idle))
		return NULL;
	room = container_of(s->idle.next, struct interest, link);
	if (s->idle_count <= INTEREST_IDLE_MAX && room->idle_until_ms > now_ms)
		return NULL;
	return room;
}

void interests_del(struct interests *s, struct interest *room)
{
	assert(interest_workers(room) == 0);
	set_idle(s, room, false);
	map_del(&s->rooms, &room->node);
	free(room);
}
