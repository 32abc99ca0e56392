/*
 * interest: which workers have a member of a room, and whether the backend
 * watches the room's own channel. Part of the hub; main thread only.
 *
 * A room that loses its last member stays watched for a grace time, so that
 * clients that come and go cost nothing at the backend.
 */
#ifndef CORE_INTEREST_H
#define CORE_INTEREST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"

enum { INTEREST_MAX_WORKERS = 64, INTEREST_GRACE_MS = 3000 };

struct interest {
	struct map_node node;
	struct list idle_node; /* in interests.idle while workers is 0 */
	int64_t idle_until_ms;
	uint64_t workers; /* bit set */
	bool is_watched;  /* confirmed by the backend */
	uint8_t name_len;
	char name[];
};

struct interests {
	struct map rooms;
	struct list idle; /* oldest first */
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

/* A worker has lost its last member; the room is idle when it was the last. */
void interests_drop(struct interests *s, struct interest *room, unsigned worker,
    int64_t now_ms);

/* The idle room whose grace is over, or NULL. */
struct interest *interests_expired(const struct interests *s, int64_t now_ms);

/* Forget an idle room. */
void interests_del(struct interests *s, struct interest *room);

static inline struct slice interest_name(const struct interest *room)
{
	return slice_of(room->name, room->name_len);
}

#endif
