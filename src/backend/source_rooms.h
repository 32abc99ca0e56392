/*
 * source_rooms: of several sources, at which of them a room's watch is still
 * to be confirmed, or is refused. Only such rooms are in it: one that is in
 * force everywhere is not. Who is lost is not waited for; when it is back it
 * watches all it is to watch. Pure.
 */
#ifndef BACKEND_SOURCE_ROOMS_H
#define BACKEND_SOURCE_ROOMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"

enum { SOURCE_ROOMS_SOURCES_MAX = 16 };

/* What has become of a room by what one source says. */
enum source_rooms_news {
	SOURCE_ROOMS_NOTHING,
	SOURCE_ROOMS_IN_FORCE, /* at all that are up */
	SOURCE_ROOMS_REFUSED,  /* by the first of them */
};

struct source_rooms {
	struct map rooms;    /* of struct source_room, as both lists */
	struct list waiting; /* for some source that may all be up */
	struct list doubted; /* since then one has been lost */
	struct hash_key key;
	uint16_t up;   /* bit set of sources */
	uint64_t turn; /* grows with each loss */
	uint64_t lost_turn[SOURCE_ROOMS_SOURCES_MAX];
};

void source_rooms_init(struct source_rooms *r);
void source_rooms_fini(struct source_rooms *r);

/* All sources watch a room from now on, which none did before; or do not. */
void source_rooms_watch(struct source_rooms *r, struct slice name);
void source_rooms_unwatch(struct source_rooms *r, struct slice name);

/* A source has confirmed a room, or refuses it. */
enum source_rooms_news source_rooms_confirmed(
    struct source_rooms *r, unsigned source, struct slice name);
enum source_rooms_news source_rooms_refused(
    struct source_rooms *r, unsigned source, struct slice name);

/*
 * A source is up: of rooms that it has not confirmed by now it tells a gap, and
 * they do not wait for it. It is not any more.
 */
void source_rooms_up(struct source_rooms *r, unsigned source);
void source_rooms_lost(struct source_rooms *r, unsigned source);

/*
 * Look at one room that may have waited for who is lost now: fn is called when
 * it is in force by that. False: there is none.
 */
bool source_rooms_review(struct source_rooms *r,
    void (*fn)(void *arg, struct slice name), void *arg);

#endif
