/*
 * redis: a session with one server, whose channels are those of the
 * configuration and those of the rooms that are watched. Where what is
 * PUBLISHed is kept, all instances must hear the same: all rooms then, by a
 * pattern, and marks (backend/redis_order). Where a stream is kept, there is a
 * second connection that reads it (backend/redis_stream): it is up while both
 * are. In a cluster the rooms may be elsewhere (backend/redis_sharding).
 *
 * A database number in redis.url counts for the stream: channels are not part
 * of one.
 */
#include "backend/redis.h"

#include <errno.h>
#include <stdlib.h>

#include "backend/redis_app.h"
#include "backend/redis_find.h"
#include "backend/redis_order.h"
#include "backend/redis_places.h"
#include "backend/redis_publisher.h"
#include "backend/redis_role.h"
#include "backend/redis_session.h"
#include "backend/redis_sharding.h"
#include "backend/redis_stream.h"
#include "backend/redis_tail.h"
#include "backend/redis_tally.h"
#include "backend/redis_tls.h"
#include "backend/redis_wanted.h"
#include "backend/redis_whole.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_channels.h"
#include "core/metrics.h"

enum {
	STRING_MIN = 64 << 20,
	STRING_FACTOR = 4,
};

struct backend {
	const struct conf *conf;
	const struct conf_redis *source;
	const struct backend_sink *sink;
	void *arg;
	struct metrics *main;              /* borrowed: of the process */
	struct metrics *metrics;           /* of this source; in main */
	struct redis_places *places;       /* owned */
	struct redis_session *session;     /* owned */
	struct redis_order *order;         /* owned; NULL: that is not kept */
	struct redis_stream *stream;       /* owned; NULL: there is none */
	struct redis_publisher *publisher; /* owned */
	struct redis_app *app;             /* owned */
	struct redis_sharding
	    *sharding; /* owned; NULL: rooms are the session's */
	struct redis_whole whole;
	struct buf channel; /* of the last room that was watched, or was not */
};

/* --- what the session says --- */

static void on_message(void *arg, const struct backend_message *m)
{
	struct backend *b = arg;

	if (b->order)
		redis_order_take(b->order, m);
	else
		b->sink->on_message(b->arg, m);
}

static void on_batch_end(void *arg)
{
	struct backend *b = arg;

	b->sink->on_batch_end(b->arg);
}

/* While it was down nobody has waited for a shard either. */
static void on_state(void *arg, enum backend_state state)
{
	struct backend *b = arg;

	if (b->sharding && b->whole.session == BACKEND_DOWN)
		redis_sharding_expect_all(b->sharding);
	redis_whole_session(&b->whole, state);
}

/* Where there is an order it is told at its place there. */
static void on_gap(void *arg)
{
	struct backend *b = arg;

	if (!b->order)
		redis_whole_gap(&b->whole);
}

static void on_broken(void *arg)
{
	struct backend *b = arg;

	if (b->order)
		redis_order_break(b->order);
}

static void on_in_force(void *arg, struct slice channel)
{
	struct backend *b = arg;

	if (redis_wanted_is_room(b->conf, channel))
		b->sink->on_watched(
		    b->arg, redis_wanted_room_of(b->conf, channel));
}

static void on_refused(void *arg, struct slice channel)
{
	struct backend *b = arg;

	if (redis_wanted_is_room(b->conf, channel))
		b->sink->on_refused(
		    b->arg, redis_wanted_room_of(b->conf, channel));
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

/* --- the stream --- */

static void on_stream_state(void *arg, bool is_stream_up)
{
	struct backend *b = arg;

	redis_whole_stream(&b->whole, is_stream_up);
}

/* --- marks --- */

static void publish_mark(void *arg)
{
	struct backend *b = arg;

	redis_session_beat(b->session);
}

/* --- rooms of their own --- */

static void on_sharding(void *arg)
{
	struct backend *b = arg;

	redis_whole_shards(&b->whole, redis_sharding_is_whole(b->sharding));
}

/* --- where the servers are --- */

static void on_moved(void *arg, enum redis_place place, const char *reason)
{
	struct backend *b = arg;

	if (place == REDIS_PLACE_CHANNELS)
		redis_session_move(b->session, reason);
	else if (place == REDIS_PLACE_STREAM && b->stream)
		redis_stream_move(b->stream, reason);
	else
		redis_app_move(b->app, place, reason);
}

/* --- life --- */

static void redis_close(struct backend *b)
{
	if (!b)
		return;
	redis_sharding_free(b->sharding);
	redis_session_free(b->session);
	redis_stream_free(b->stream);
	redis_publisher_free(b->publisher);
	redis_app_free(b->app);
	redis_order_free(b->order);
	redis_places_free(b->places);
	metrics_source_free(b->main, b->metrics);
	buf_fini(&b->channel);
	free(b);
}

/*
 * A payload that is only somewhat too large is dropped by the hub, with a
 * reason and a metric; only one that is far beyond costs the connection.
 */
static size_t max_string(const struct conf *conf)
{
	size_t wanted = conf->limits.payload * STRING_FACTOR;

	return wanted > STRING_MIN ? wanted : STRING_MIN;
}

static struct redis_session *make_session(
    struct backend *b, struct event_base *base)
{
	const struct redis_session_options options = {
		.link = { .find = redis_places_find(
			      b->places, REDIS_PLACE_CHANNELS),
		    .role = redis_places_rule(b->places),
		    .max_string = max_string(b->conf) },
		.reconnect_min_ms = b->source->reconnect_min_ms,
		.reconnect_max_ms = b->source->reconnect_max_ms,
		.heartbeat_ms = b->source->heartbeat_ms,
		.leaves_rooms = redis_wanted_by_room(b->conf) &&
				!b->source->cluster.is_sharded,
		.words = b->order ? redis_order_words(b->order) : NULL,
	};

	return redis_session_new(base, &options, b->metrics, &session_sink, b);
}

static struct redis_stream *make_stream(struct backend *b,
    struct event_base *base, const struct backend_options *options)
{
	struct redis_find *find =
	    redis_places_find(b->places, REDIS_PLACE_STREAM);
	const struct redis_link_options link = {
		.find = find,
		.role = redis_places_rule(b->places),
		.database = redis_find_database(find),
		.max_string = redis_tail_max_string(b->conf),
	};

	return redis_stream_new(
	    base, &link, options, b->metrics, on_stream_state, b);
}

static void open_metrics(struct backend *b, struct metrics *main)
{
	const char *shown = redis_find_shown(
	    redis_places_find(b->places, REDIS_PLACE_CHANNELS));

	b->main = main;
	b->metrics = redis_tally_new(main, b->source, shown);
	redis_places_rule(b->places)->metrics = b->metrics;
}

static int redis_open(struct backend **out, struct event_base *base,
    const struct backend_options *options, struct err *e)
{
	struct backend *b;

	if (redis_tls_try(options->source, e) < 0)
		return -EINVAL;
	b = xcalloc(1, sizeof *b);
	b->conf = options->conf;
	b->source = options->source;
	b->sink = options->sink;
	b->arg = options->arg;
	b->places = redis_places_new(base, b->conf, b->source, on_moved, b, e);
	if (!b->places) {
		free(b);
		return -EINVAL;
	}
	open_metrics(b, options->metrics);
	b->whole = (struct redis_whole){ .sink = b->sink,
		.arg = b->arg,
		.metrics = b->metrics,
		.on_gap = b->source->on_gap };
	if (conf_goes_by_marks(b->conf))
		b->order = redis_order_new(options, publish_mark, b);
	b->session = make_session(b, base);
	redis_wanted_open(b->session, b->conf);
	if (conf_reads_stream(b->conf))
		b->stream = make_stream(b, base, options);
	if (b->source->cluster.is_sharded)
		b->sharding = redis_sharding_new(base, options, b->places,
		    b->metrics, max_string(b->conf), on_sharding, b);
	b->publisher = redis_publisher_new(
	    base, b->places, b->stream ? b->conf->history.stream : NULL);
	b->app = redis_app_new(base, options, b->places, b->metrics);
	b->whole.is_stream_up = !b->stream;
	b->whole.are_shards_whole =
	    !b->sharding || redis_sharding_is_whole(b->sharding);
	redis_session_open(b->session);
	if (b->stream)
		redis_stream_open(b->stream);
	*out = b;
	return 0;
}

/* --- rooms --- */

static void redis_watch_room(struct backend *b, struct slice room)
{
	if (b->sharding)
		redis_sharding_watch(b->sharding, room);
	else
		redis_wanted_watch(b->session, b->conf, room, &b->channel);
}

static void redis_unwatch_room(struct backend *b, struct slice room)
{
	if (b->sharding)
		redis_sharding_unwatch(b->sharding, room);
	else
		redis_wanted_unwatch(b->session, b->conf, room, &b->channel);
}

/* --- what the hub asks for --- */

/* Its files are read whenever it connects, and only looked at here. */
static int redis_reload(struct backend *b, struct err *e)
{
	int rc = redis_tls_try(b->source, e);

	if (rc < 0)
		return rc;
	if (b->order)
		redis_order_reload(b->order);
	return 0;
}

static void change_channels(struct backend *b, const struct conf *conf)
{
	redis_wanted_change(b->session, b->conf, conf);
	if (!b->order)
		return;
	redis_order_use_conf(b->order, conf);
	redis_session_hold_beat(b->session);
}

static void redis_use_conf(struct backend *b, const struct conf *conf)
{
	if (!conf_channels_are_same(b->conf, conf))
		change_channels(b, conf);
	if (b->stream)
		redis_stream_use_conf(b->stream, conf);
	redis_app_use_conf(b->app, conf);
	b->conf = conf;
}

static void redis_set_paused(struct backend *b, bool is_paused)
{
	redis_session_set_paused(b->session, is_paused);
	if (b->sharding)
		redis_sharding_set_paused(b->sharding, is_paused);
	if (b->stream)
		redis_stream_set_paused(b->stream, is_paused);
}

static void redis_ask_barrier(struct backend *b)
{
	if (b->stream)
		redis_stream_ask_barrier(b->stream);
	else
		redis_order_ask_barrier(b->order);
}

static void redis_publish(struct backend *b, struct backend_publication *p)
{
	redis_publisher_publish(b->publisher, p);
}

static void redis_forget(struct backend *b, struct backend_publication *p)
{
	redis_publisher_forget(b->publisher, p);
}

static void redis_post_event(struct backend *b, struct app_event *e)
{
	redis_app_post_event(b->app, e);
}

static bool redis_has_events(const struct backend *b)
{
	return redis_app_has_events(b->app);
}

static void redis_write_seats(struct backend *b)
{
	redis_app_write_seats(b->app);
}

static void redis_leave_seats(struct backend *b, bool owes_events)
{
	redis_app_leave_seats(b->app, owes_events);
}

static bool redis_is_leaving(const struct backend *b)
{
	return redis_app_is_leaving(b->app);
}

static bool redis_is_warm(const struct backend *b)
{
	return !b->order || redis_order_is_warm(b->order);
}

static unsigned files_of(const struct conf_redis *source)
{
	return REDIS_SESSION_FILES_MAX + REDIS_STREAM_FILES_MAX +
	       REDIS_PUBLISHER_FILES_MAX + REDIS_APP_FILES_MAX +
	       redis_places_files_max(source);
}

/* Of all sources. */
static unsigned redis_files_max(const struct conf *conf)
{
	unsigned files = 0;

	for (size_t i = 0; i < conf_source_count(conf); i++)
		files += files_of(conf_source(conf, i));
	return files;
}

const struct backend_ops redis_backend = {
	.name = "redis",
	.needs_watch = redis_wanted_by_room,
	.names_places = true,
	.files_max = redis_files_max,
	.open = redis_open,
	.watch_room = redis_watch_room,
	.unwatch_room = redis_unwatch_room,
	.reload = redis_reload,
	.use_conf = redis_use_conf,
	.set_paused = redis_set_paused,
	.ask_barrier = redis_ask_barrier,
	.publish = redis_publish,
	.forget = redis_forget,
	.post_event = redis_post_event,
	.has_events = redis_has_events,
	.write_seats = redis_write_seats,
	.leave_seats = redis_leave_seats,
	.is_leaving = redis_is_leaving,
	.is_warm = redis_is_warm,
	.close = redis_close,
};
