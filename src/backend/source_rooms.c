/* source_rooms: see source_rooms.h. */
#include "backend/source_rooms.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"

struct source_room {
	struct map_node node;
	struct list link;  /* in waiting or doubted while any is awaited */
	uint64_t turn;     /* when it was watched */
	uint16_t awaited;  /* bit set of sources; those lost since are over */
	uint16_t refusing; /* bit set of sources */
	uint16_t name_len;
	char name[];
};

static uint16_t bit(unsigned source)
{
	return (uint16_t)(1u << source);
}

static uint64_t hash_of(const struct source_rooms *r, struct slice name)
{
	return hash_bytes(&r->key, name.ptr, name.len);
}

static struct slice name_of(const struct source_room *room)
{
	return slice_of(room->name, room->name_len);
}

static struct source_room *find(const struct source_rooms *r, struct slice name)
{
	for (struct map_node *n = map_find(&r->rooms, hash_of(r, name)); n;
	     n = map_find_next(n)) {
		struct source_room *room =
		    container_of(n, struct source_room, node);

		if (slice_eq(name_of(room), name))
			return room;
	}
	return NULL;
}

static struct source_room *add(struct source_rooms *r, struct slice name)
{
	struct source_room *room = xcalloc(1, sizeof *room + name.len);

	list_init(&room->link);
	room->turn = r->turn;
	room->name_len = (uint16_t)name.len;
	memcpy(room->name, name.ptr, name.len);
	map_add(&r->rooms, &room->node, hash_of(r, name));
	return room;
}

static void del(struct source_rooms *r, struct source_room *room)
{
	map_del(&r->rooms, &room->node);
	list_del(&room->link);
	free(room);
}

void source_rooms_init(struct source_rooms *r)
{
	*r = (struct source_rooms){ .turn = 1 };
	map_init(&r->rooms);
	list_init(&r->waiting);
	list_init(&r->doubted);
	crypto_random(&r->key, sizeof r->key);
}

void source_rooms_fini(struct source_rooms *r)
{
	struct map_node *n = map_next(&r->rooms, NULL);

	while (n) {
		struct map_node *next = map_next(&r->rooms, n);

		free(container_of(n, struct source_room, node));
		n = next;
	}
	map_fini(&r->rooms);
}

void source_rooms_watch(struct source_rooms *r, struct slice name)
{
	struct source_room *room;

	if (r->up == 0)
		return;
	room = add(r, name);
	room->awaited = r->up;
	list_add(&r->waiting, &room->link);
}

void source_rooms_unwatch(struct source_rooms *r, struct slice name)
{
	struct source_room *room = find(r, name);

	if (room)
		del(r, room);
}

/* Those that were lost since the room was watched are not waited for. */
static void drop_lost(const struct source_rooms *r, struct source_room *room)
{
	for (unsigned i = 0; i < SOURCE_ROOMS_SOURCES_MAX; i++)
		if (r->lost_turn[i] > room->turn)
			room->awaited &= (uint16_t)~bit(i);
	if (room->awaited == 0)
		list_del(&room->link);
}

/* Whether nobody is awaited, and nobody refuses it. */
static bool is_in_force(const struct source_room *room)
{
	return room->awaited == 0 && room->refusing == 0;
}

enum source_rooms_news source_rooms_confirmed(
    struct source_rooms *r, unsigned source, struct slice name)
{
	struct source_room *room = find(r, name);

	if (!room)
		return SOURCE_ROOMS_NOTHING;
	room->awaited &= (uint16_t)~bit(source);
	room->refusing &= (uint16_t)~bit(source);
	drop_lost(r, room);
	if (!is_in_force(room))
		return SOURCE_ROOMS_NOTHING;
	del(r, room);
	return SOURCE_ROOMS_IN_FORCE;
}

enum source_rooms_news source_rooms_refused(
    struct source_rooms *r, unsigned source, struct slice name)
{
	struct source_room *room = find(r, name);
	bool is_first;

	if (!room)
		room = add(r, name);
	is_first = room->refusing == 0;
	room->awaited &= (uint16_t)~bit(source);
	room->refusing |= bit(source);
	drop_lost(r, room);
	return is_first ? SOURCE_ROOMS_REFUSED : SOURCE_ROOMS_NOTHING;
}

void source_rooms_up(struct source_rooms *r, unsigned source)
{
	r->up |= bit(source);
}

void source_rooms_lost(struct source_rooms *r, unsigned source)
{
	r->up &= (uint16_t)~bit(source);
	r->lost_turn[source] = ++r->turn;
	list_join(&r->doubted, &r->waiting);
}

bool source_rooms_review(
    struct source_rooms *r, void (*fn)(void *arg, struct slice name), void *arg)
{
	struct source_room *room;

	if (list_is_empty(&r->doubted))
		return false;
	room = container_of(r->doubted.next, struct source_room, link);
	list_del(&room->link);
	drop_lost(r, room);
	if (room->awaited != 0) {
		list_add(&r->waiting, &room->link);
	} else if (is_in_force(room)) {
		fn(arg, name_of(room));
		del(r, room);
	}
	return true;
}
