/*
 * redis_pubsub: a session with one server, whose channels are those of the
 * configuration and those of the rooms that are watched. Where what is
 * PUBLISHed is kept, all instances must hear the same: all rooms then, by a
 * pattern, and marks (backend/redis_order). In a cluster the rooms may be
 * elsewhere (backend/redis_sharding).
 */
#include "backend/redis_pubsub.h"

#include <stdlib.h>

#include "backend/redis_order.h"
#include "backend/redis_places.h"
#include "backend/redis_session.h"
#include "backend/redis_sharding.h"
#include "backend/redis_wanted.h"
#include "backend/redis_whole.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_channels.h"
#include "core/backend.h"

_Static_assert((int)REDIS_PUBSUB_FILES_MAX >= (int)REDIS_SESSION_FILES_MAX,
    "there is room for the session");

enum {
	STRING_MIN = 64 << 20,
	STRING_FACTOR = 4,
};

struct redis_pubsub {
	const struct conf *conf;
	const struct backend_sink *sink;
	void *arg;
	struct redis_whole *whole;     /* borrowed */
	struct redis_session *session; /* owned */
	struct redis_order *order;     /* owned; NULL: none is kept */
	struct redis_sharding
	    *sharding;      /* owned; NULL: rooms are the session's */
	struct buf channel; /* of the last room that was watched, or was not */
};

/* --- what the session says --- */

static void on_message(void *arg, const struct backend_message *m)
{
	struct redis_pubsub *p = arg;

	if (p->order)
		redis_order_take(p->order, m);
	else
		p->sink->on_message(p->arg, m);
}

static void on_batch_end(void *arg)
{
	struct redis_pubsub *p = arg;

	p->sink->on_batch_end(p->arg);
}

/* While it was down nobody has waited for a shard either. */
static void on_state(void *arg, enum backend_state state)
{
	struct redis_pubsub *p = arg;

	if (p->sharding && p->whole->session == BACKEND_DOWN)
		redis_sharding_expect_all(p->sharding);
	redis_whole_session(p->whole, state);
}

/* Where there is an order it is told at its place there. */
static void on_gap(void *arg)
{
	struct redis_pubsub *p = arg;

	if (!p->order)
		redis_whole_gap(p->whole);
}

static void on_broken(void *arg)
{
	struct redis_pubsub *p = arg;

	if (p->order)
		redis_order_break(p->order);
}

static void on_in_force(void *arg, struct slice channel)
{
	struct redis_pubsub *p = arg;

	if (redis_wanted_is_room(p->conf, channel))
		p->sink->on_watched(
		    p->arg, redis_wanted_room_of(p->conf, channel));
}

static void on_refused(void *arg, struct slice channel)
{
	struct redis_pubsub *p = arg;

	if (redis_wanted_is_room(p->conf, channel))
		p->sink->on_refused(
		    p->arg, redis_wanted_room_of(p->conf, channel));
}

static const struct redis_session_sink session_sink = {
	.on_message = on_message,
	.on_batch_end = on_batch_end,
	.on_state = on_state,
	.on_gap = on_gap,
	.on_broken = on_broken,
	.on_in_force = on_in_force,
	.on_refused = on_refused,
};

/* --- marks --- */

static void publish_mark(void *arg)
{
	struct redis_pubsub *p = arg;

	redis_session_beat(p->session);
}

/* --- rooms of their own --- */

static void on_sharding(void *arg)
{
	struct redis_pubsub *p = arg;

	redis_whole_shards(p->whole, redis_sharding_is_whole(p->sharding));
}

/* --- life --- */

/*
 * A payload that is only somewhat too large is dropped by the hub, with a
 * reason and a metric; only one that is far beyond costs the connection.
 */
static size_t max_string(const struct conf *conf)
{
	size_t wanted = conf->limits.payload * STRING_FACTOR;

	return wanted > STRING_MIN ? wanted : STRING_MIN;
}

static struct redis_session *make_session(struct redis_pubsub *p,
    struct event_base *base, const struct conf_redis *source,
    struct redis_places *places, struct metrics *metrics)
{
	const struct redis_session_options options = {
		.link = { .find =
			      redis_places_find(places, REDIS_PLACE_CHANNELS),
		    .role = redis_places_rule(places),
		    .max_string = max_string(p->conf) },
		.reconnect_min_ms = source->reconnect_min_ms,
		.reconnect_max_ms = source->reconnect_max_ms,
		.heartbeat_ms = source->heartbeat_ms,
		.leaves_rooms = redis_wanted_by_room(p->conf) &&
				!source->cluster.is_sharded,
		.words = p->order ? redis_order_words(p->order) : NULL,
	};

	return redis_session_new(base, &options, metrics, &session_sink, p);
}

struct redis_pubsub *redis_pubsub_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics, struct redis_whole *whole)
{
	struct redis_pubsub *p = xcalloc(1, sizeof *p);

	p->conf = options->conf;
	p->sink = options->sink;
	p->arg = options->arg;
	p->whole = whole;
	if (conf_goes_by_marks(p->conf))
		p->order = redis_order_new(options, publish_mark, p);
	p->session = make_session(p, base, options->source, places, metrics);
	redis_wanted_open(p->session, p->conf);
	if (options->source->cluster.is_sharded)
		p->sharding = redis_sharding_new(base, options, places, metrics,
		    max_string(p->conf), on_sharding, p);
	whole->are_shards_whole =
	    !p->sharding || redis_sharding_is_whole(p->sharding);
	return p;
}

void redis_pubsub_free(struct redis_pubsub *p)
{
	if (!p)
		return;
	redis_sharding_free(p->sharding);
	redis_session_free(p->session);
	redis_order_free(p->order);
	buf_fini(&p->channel);
	free(p);
}

void redis_pubsub_open(struct redis_pubsub *p)
{
	redis_session_open(p->session);
}

void redis_pubsub_move(struct redis_pubsub *p, const char *reason)
{
	redis_session_move(p->session, reason);
}

/* --- rooms --- */

void redis_pubsub_watch_room(struct redis_pubsub *p, struct slice room)
{
	if (p->sharding)
		redis_sharding_watch(p->sharding, room);
	else
		redis_wanted_watch(p->session, p->conf, room, &p->channel);
}

void redis_pubsub_unwatch_room(struct redis_pubsub *p, struct slice room)
{
	if (p->sharding)
		redis_sharding_unwatch(p->sharding, room);
	else
		redis_wanted_unwatch(p->session, p->conf, room, &p->channel);
}

/* --- what the hub asks for --- */

void redis_pubsub_reload(struct redis_pubsub *p)
{
	if (p->order)
		redis_order_reload(p->order);
}

static void change_channels(struct redis_pubsub *p, const struct conf *conf)
{
	redis_wanted_change(p->session, p->conf, conf);
	if (!p->order)
		return;
	redis_order_use_conf(p->order, conf);
	redis_session_hold_beat(p->session);
}

void redis_pubsub_use_conf(struct redis_pubsub *p, const struct conf *conf)
{
	if (!conf_channels_are_same(p->conf, conf))
		change_channels(p, conf);
	p->conf = conf;
}

void redis_pubsub_set_paused(struct redis_pubsub *p, bool is_paused)
{
	redis_session_set_paused(p->session, is_paused);
	if (p->sharding)
		redis_sharding_set_paused(p->sharding, is_paused);
}

void redis_pubsub_ask_barrier(struct redis_pubsub *p)
{
	redis_order_ask_barrier(p->order);
}

bool redis_pubsub_is_warm(const struct redis_pubsub *p)
{
	return !p->order || redis_order_is_warm(p->order);
}
