/*
 * redis_places: where the connections of a backend go: all to one server, that
 * of a URL or the one that sentinels name; or, in a cluster, to any master for
 * what is PUBLISHed and to that of the stream's slot. Main thread.
 */
#ifndef BACKEND_REDIS_PLACES_H
#define BACKEND_REDIS_PLACES_H

#include <stdbool.h>

#include "backend/redis_cluster.h"
#include "base/err.h"

struct conf;
struct conf_redis;
struct event_base;
struct metrics;
struct redis_find;
struct redis_places;
struct redis_role_rule;

enum redis_place {
	REDIS_PLACE_CHANNELS,
	REDIS_PLACE_STREAM,
	REDIS_PLACE_EVENTS,   /* of the stream or the channel for the app */
	REDIS_PLACE_PRESENCE, /* of the keys that say who is where */
	REDIS_PLACES,
};

/* It is elsewhere: leave the server at once, and find it again. */
typedef void (*redis_places_moved_fn)(
    void *arg, enum redis_place place, const char *reason);

/*
 * Those of a source of conf; both outlive it, as arg does. NULL with e, which
 * names the key, when nothing can ever be found by it.
 */
struct redis_places *redis_places_new(struct event_base *base,
    const struct conf *conf, const struct conf_redis *source,
    redis_places_moved_fn fn, void *arg, struct err *e);

/* No query is made of its finds any more. Not in a call of fn. NULL is fine. */
void redis_places_free(struct redis_places *p);

/* Whether these are nodes of a cluster. */
bool redis_places_are_many(const struct redis_places *p);

/* How to come to a place. All that is returned lives as long as p. */
struct redis_find *redis_places_find(
    struct redis_places *p, enum redis_place place);

/* What the server must be there; its metrics may be set. */
struct redis_role_rule *redis_places_rule(struct redis_places *p);

/*
 * In a cluster: fn is told where the slots are whenever a node has said so, and
 * they are asked to as soon as possible.
 */
void redis_places_watch_slots(
    struct redis_places *p, redis_cluster_slots_fn fn, void *arg);
void redis_places_look(struct redis_places *p);

/* Descriptors, beside those of the connections themselves. */
unsigned redis_places_files_max(const struct conf_redis *source);

#endif
