#include "core/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "base/mem.h"
#include "core/room.h"
#include "core/worker.h"

enum { KEEP_CAP = 1 << 12 }; /* what a huge payload needed is given back */

void lookup_init(struct lookup *l, const struct worker_shared *shared,
    const struct interests *interests, unsigned worker_count, bool keeps_all)
{
	*l = (struct lookup){
		.shared = shared,
		.interests = interests,
		.ids = crypto_block_new(shared->id_key),
		.worker_count = worker_count,
		.keeps_all = keeps_all,
	};
}

static void drop_arrays(struct lookup *l)
{
	free(l->rooms);
	free(l->named);
	free(l->connections);
	free(l->excepts);
	free(l->spared);
	free(l->seen);
	free(l->user_rooms);
	l->seen = NULL;
	l->user_rooms = NULL;
	l->user_rooms_cap = 0;
	l->rooms = l->named = l->spared = NULL;
	l->connections = l->excepts = NULL;
	l->cap = 0;
}

void lookup_fini(struct lookup *l)
{
	drop_arrays(l);
	crypto_block_free(l->ids);
}

/*
 * Room for count of each. The same count again changes nothing: the arrays
 * of one payload stay where they are.
 */
static void need(struct lookup *l, size_t count)
{
	if (count <= l->cap && (l->cap <= KEEP_CAP || count > KEEP_CAP))
		return;
	drop_arrays(l);
	l->cap = count < 8 ? 8 : count;
	l->rooms = xrealloc_array(NULL, l->cap, sizeof *l->rooms);
	l->named = xrealloc_array(NULL, l->cap, sizeof *l->named);
	l->connections = xrealloc_array(NULL, l->cap, sizeof *l->connections);
	l->excepts = xrealloc_array(NULL, l->cap, sizeof *l->excepts);
	l->spared = xrealloc_array(NULL, l->cap, sizeof *l->spared);
	l->seen = xrealloc_array(NULL, 4 * l->cap, sizeof *l->seen);
}

/* What users' rooms are called, when they are kept without a member. */
static void need_user_rooms(
    struct lookup *l, const struct target *targets, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		if (targets[i].kind == TARGET_USER)
			size += 1 + targets[i].name.len;
	if (size <= l->user_rooms_cap)
		return;
	l->user_rooms = xrealloc_array(l->user_rooms, size, 1);
	l->user_rooms_cap = size;
}

/*
 * Before the first is_new of a payload: a table at most half full, and no
 * larger than it needs. One target needs none.
 */
static void forget_seen(struct lookup *l, size_t count)
{
	size_t size = 2;

	if (count <= 1)
		return;
	while (size < 2 * count)
		size *= 2;
	l->seen_mask = size - 1;
	memset(l->seen, 0, size * sizeof *l->seen);
}

static bool is_same(const struct target *a, const struct target *b)
{
	return a->kind == b->kind && slice_eq(a->name, b->name);
}

static uint64_t hash_of(const struct lookup *l, struct slice name)
{
	return hash_bytes(&l->shared->hash_key, name.ptr, name.len);
}

/*
 * Whether the target is not the same as one before it, each of which was asked
 * for. A name that comes again and again would be walked each time.
 */
static bool is_new(
    struct lookup *l, const struct target *targets, size_t count, size_t i)
{
	size_t at;

	if (count == 1)
		return true;
	at = hash_of(l, targets[i].name) & l->seen_mask;
	while (l->seen[at] != 0) {
		if (is_same(&targets[l->seen[at] - 1], &targets[i]))
			return false;
		at = (at + 1) & l->seen_mask;
	}
	l->seen[at] = (uint32_t)i + 1;
	return true;
}

/* Returns the workers that have a member, or are about to have one. */
static uint64_t find_room(struct lookup *l, struct slice name, struct aim *aim)
{
	uint64_t hash = hash_of(l, name);
	const struct interest *room = interests_find(l->interests, name, hash);
	uint64_t workers = room ? interest_workers(room) : 0;

	if (workers > 0) {
		/* The interest's own copy outlives the caller's. */
		name = interest_name(room);
		aim->wants_deflated |=
		    interest_wants_deflated(l->interests, room);
	} else if (!l->keeps_all) {
		return 0;
	}
	l->rooms[aim->room_count++] = (struct aim_room){ hash, name };
	return workers;
}

/* *storage is where the next name may stay, when all are kept. */
static uint64_t find_user(
    struct lookup *l, struct slice user, char **storage, struct aim *aim)
{
	char passing[ROOM_OF_USER_MAX];
	struct slice name =
	    room_of_user(user, l->keeps_all ? *storage : passing);

	*storage += l->keeps_all ? name.len : 0;
	return find_room(l, name, aim);
}

/* Whether the id is one of ours, or was. */
static bool decode(
    const struct lookup *l, struct slice id, struct conn_ref *ref)
{
	return conn_id_decode(l->ids, l->shared->instance, id, ref) &&
	       ref->worker < l->worker_count;
}

static uint64_t find_connection(
    struct lookup *l, struct slice id, struct aim *aim)
{
	struct conn_ref *ref = &l->connections[aim->connection_count];

	if (!decode(l, id, ref))
		return 0;
	aim->connection_count++;
	/* The connection may be in any room. */
	aim->wants_deflated |= interests_want_deflated(l->interests);
	return UINT64_C(1) << ref->worker;
}

/*
 * Whom a message spares does not make it concern a worker. Who comes back has
 * another id by then, and may have been elsewhere: all names are kept for it.
 */
static uint64_t find_except(struct lookup *l, struct slice id, struct aim *aim)
{
	if (decode(l, id, &l->excepts[aim->except_count]))
		aim->except_count++;
	if (l->keeps_all)
		l->spared[aim->spared_count++] =
		    (struct aim_room){ hash_of(l, id), id };
	return 0;
}

uint64_t lookup_find(struct lookup *l, const struct target *targets,
    size_t count, bool with_rooms, struct aim *aim)
{
	uint64_t workers = 0;
	char *storage;

	need(l, count);
	if (l->keeps_all)
		need_user_rooms(l, targets, count);
	storage = l->user_rooms;
	forget_seen(l, count);
	*aim = (struct aim){
		.rooms = l->rooms,
		.connections = l->connections,
		.excepts = l->excepts,
		.spared = l->spared,
	};
	for (size_t i = 0; i < count; i++) {
		struct slice name = targets[i].name;

		if (!is_new(l, targets, count, i))
			continue;
		switch (targets[i].kind) {
		case TARGET_ROOM:
			if (with_rooms)
				workers |= find_room(l, name, aim);
			break;
		case TARGET_USER:
			workers |= find_user(l, name, &storage, aim);
			break;
		case TARGET_CONNECTION:
			workers |= find_connection(l, name, aim);
			break;
		case TARGET_EXCEPT:
			workers |= find_except(l, name, aim);
			break;
		case TARGET_MESSAGE: /* nobody's: core/keeper */
			break;
		}
	}
	return workers;
}

void lookup_rooms(struct lookup *l, const struct target *targets, size_t count,
    struct aim *aim)
{
	need(l, count);
	forget_seen(l, count);
	*aim = (struct aim){ .rooms = l->named };
	for (size_t i = 0; i < count; i++)
		if (targets[i].kind == TARGET_ROOM &&
		    is_new(l, targets, count, i))
			l->named[aim->room_count++] = (struct aim_room){
				hash_of(l, targets[i].name),
				targets[i].name,
			};
}
