/*
 * redis_pubsub: what comes from a server by PUBLISH: the session and which
 * channels it has, those of rooms in a cluster, and the order that is kept of
 * it all, where positions are given. Main thread.
 */
#ifndef BACKEND_REDIS_PUBSUB_H
#define BACKEND_REDIS_PUBSUB_H

#include <stdbool.h>

#include "base/slice.h"

struct backend_options;
struct conf;
struct event_base;
struct metrics;
struct redis_places;
struct redis_pubsub;
struct redis_whole;

/* Descriptors of one; those of shards count with the places. */
enum { REDIS_PUBSUB_FILES_MAX = 16 };

/*
 * One that is closed, of a source with these options, and wants its channels.
 * The sink of the options is told of messages, marks and watches of rooms;
 * whole of the state of its connections, and of gaps: whether shards are whole
 * is set at once. places, metrics (of the source), whole and the options'
 * content are borrowed and outlive it.
 */
struct redis_pubsub *redis_pubsub_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics, struct redis_whole *whole);
/* End it at once, without a call into the sink. NULL is fine. */
void redis_pubsub_free(struct redis_pubsub *p);

/* Connect, and from now on for as long as it takes. Once. */
void redis_pubsub_open(struct redis_pubsub *p);

/* As redis_session_move. */
void redis_pubsub_move(struct redis_pubsub *p, const char *reason);

/*
 * As those of backend_ops; reload cannot fail. A configuration is borrowed up
 * to the next one. Only where marks are what positions go by may a barrier be
 * asked for.
 */
void redis_pubsub_watch_room(struct redis_pubsub *p, struct slice room);
void redis_pubsub_unwatch_room(struct redis_pubsub *p, struct slice room);
void redis_pubsub_reload(struct redis_pubsub *p);
void redis_pubsub_use_conf(struct redis_pubsub *p, const struct conf *conf);
void redis_pubsub_set_paused(struct redis_pubsub *p, bool is_paused);
void redis_pubsub_ask_barrier(struct redis_pubsub *p);
bool redis_pubsub_is_warm(const struct redis_pubsub *p);

#endif
