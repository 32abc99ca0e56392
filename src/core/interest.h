/*
 * interest: which workers have a member of a room, or are about to have one,
 * and whether the backend watches the room's own channel. Part of the hub;
 * main thread only.
 *
 * A room that loses its last member stays watched for a grace time, so that
 * clients that come and go cost nothing at the backend. How many do so has a
 * bound: who comes to ever new rooms has them forgotten sooner.
 *
 * A room is watched from an epoch on, of which each begins when the backend
 * comes up: nobody waits for those that it knew before. So neither that nor a
 * loss is a walk over all rooms.
 *
 * Each room notes whether a member has wanted deflated messages: for the others
 * nothing is deflated.
 *
 * Once a join is posted to some workers, its rooms are expected there until
 * each has said that it has carried it out: what is published right behind
 * the join finds its way to them.
 */
#ifndef CORE_INTEREST_H
#define CORE_INTEREST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"

enum {
	INTEREST_MAX_WORKERS = 64,
	INTEREST_GRACE_MS = 3000,
	INTEREST_IDLE_MAX = 262144, /* rooms: some 110 MB of them */
};

struct interest {
	struct map_node node;
	/*
	 * In interests.idle while nobody is in it; in the owner's list of those
	 * that wait for the backend while somebody is; else in none.
	 */
	struct list link;
	int64_t idle_until_ms;
	uint64_t workers;      /* bit set: those with a member */
	uint64_t joining;      /* bit set: those that joins under way went to */
	uint32_t joins;        /* under way, counted once a worker */
	uint32_t watched_from; /* the first epoch in which it is watched */
	bool wants_deflated;   /* a member has, since it was last idle */
	bool is_refused;       /* by the backend, and not watched since */
	uint16_t name_len;
	char name[];
};

struct interests {
	struct map rooms;
	struct list idle; /* oldest first */
	size_t idle_count;
	size_t deflated_count; /* rooms that want deflated messages */
	size_t room_count;     /* rooms, not users, that a worker has */
};

void interests_init(struct interests *s);
/* Frees all that is in it. */
void interests_fini(struct interests *s);

/* The room of this name, or NULL. */
struct interest *interests_find(
    const struct interests *s, struct slice name, uint64_t hash);

/*
 * A worker has its first member of the room. *is_new: the hub did not know the
 * room. Never NULL; aborts when memory is out.
 */
struct interest *interests_add(struct interests *s, struct slice name,
    uint64_t hash, unsigned worker, bool *is_new);

/*
 * A join was posted to the workers of the bit set. Otherwise as
 * interests_add.
 */
struct interest *interests_expect(struct interests *s, struct slice name,
    uint64_t hash, uint64_t workers, bool *is_new);

/* A member of the room wants deflated messages. */
void interests_add_deflated(struct interests *s, struct interest *room);

/* Whether a member of any room does. */
static inline bool interests_want_deflated(const struct interests *s)
{
	return s->deflated_count > 0;
}

/* Whether one of this room does. Who is about to join may be of any room. */
static inline bool interest_wants_deflated(
    const struct interests *s, const struct interest *room)
{
	return room->joins > 0 ? interests_want_deflated(s)
			       : room->wants_deflated;
}

/* One of these workers has carried it out; the room may be idle then. */
void interests_arrived(
    struct interests *s, struct interest *room, int64_t now_ms);

/* A worker has lost its last member; the room is idle when it was the last. */
void interests_drop(struct interests *s, struct interest *room, unsigned worker,
    int64_t now_ms);

/*
 * The idle room whose grace is over, as there are more than INTEREST_IDLE_MAX
 * or it has had its time; or NULL.
 */
struct interest *interests_expired(const struct interests *s, int64_t now_ms);

/* Forget an idle room. */
void interests_del(struct interests *s, struct interest *room);

/* Who must hear of a message to the room. */
static inline uint64_t interest_workers(const struct interest *room)
{
	return room->workers | room->joining;
}

static inline struct slice interest_name(const struct interest *room)
{
	return slice_of(room->name, room->name_len);
}

#endif
