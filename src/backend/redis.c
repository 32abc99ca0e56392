/*
 * redis: one server, or what stands for one: what is PUBLISHed there
 * (backend/redis_pubsub), a stream that has a connection of its own
 * (backend/redis_stream), and what goes back. It is up while both of those
 * are.
 *
 * A database number in redis.url counts for the stream: channels are not part
 * of one.
 */
#include "backend/redis.h"

#include <errno.h>
#include <stdlib.h>

#include "backend/redis_app.h"
#include "backend/redis_find.h"
#include "backend/redis_places.h"
#include "backend/redis_publisher.h"
#include "backend/redis_pubsub.h"
#include "backend/redis_role.h"
#include "backend/redis_stream.h"
#include "backend/redis_tail.h"
#include "backend/redis_tally.h"
#include "backend/redis_tls.h"
#include "backend/redis_wanted.h"
#include "backend/redis_whole.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/metrics.h"

struct backend {
	const struct conf_redis *source;
	struct metrics *main;              /* borrowed: of the process */
	struct metrics *metrics;           /* of this source; in main */
	struct redis_places *places;       /* owned */
	struct redis_pubsub *pubsub;       /* owned */
	struct redis_stream *stream;       /* owned; NULL: there is none */
	struct redis_publisher *publisher; /* owned */
	struct redis_app *app;             /* owned */
	struct redis_whole whole;
};

/* --- the stream --- */

static void on_stream_state(void *arg, bool is_stream_up)
{
	struct backend *b = arg;

	redis_whole_stream(&b->whole, is_stream_up);
}

/* --- where the servers are --- */

static void on_moved(void *arg, enum redis_place place, const char *reason)
{
	struct backend *b = arg;

	if (place == REDIS_PLACE_CHANNELS)
		redis_pubsub_move(b->pubsub, reason);
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
	redis_pubsub_free(b->pubsub);
	redis_stream_free(b->stream);
	redis_publisher_free(b->publisher);
	redis_app_free(b->app);
	redis_places_free(b->places);
	metrics_source_free(b->main, b->metrics);
	free(b);
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
		.max_string = redis_tail_max_string(options->conf),
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
	b->source = options->source;
	b->places =
	    redis_places_new(base, options->conf, b->source, on_moved, b, e);
	if (!b->places) {
		free(b);
		return -EINVAL;
	}
	open_metrics(b, options->metrics);
	b->whole = (struct redis_whole){ .sink = options->sink,
		.arg = options->arg,
		.metrics = b->metrics,
		.on_gap = b->source->on_gap };
	b->pubsub =
	    redis_pubsub_new(base, options, b->places, b->metrics, &b->whole);
	if (conf_reads_stream(options->conf))
		b->stream = make_stream(b, base, options);
	b->whole.is_stream_up = !b->stream;
	b->publisher = redis_publisher_new(
	    base, b->places, b->stream ? options->conf->history.stream : NULL);
	b->app = redis_app_new(base, options, b->places, b->metrics);
	redis_pubsub_open(b->pubsub);
	if (b->stream)
		redis_stream_open(b->stream);
	*out = b;
	return 0;
}

/* --- what the hub asks for --- */

static void redis_watch_room(struct backend *b, struct slice room)
{
	redis_pubsub_watch_room(b->pubsub, room);
}

static void redis_unwatch_room(struct backend *b, struct slice room)
{
	redis_pubsub_unwatch_room(b->pubsub, room);
}

/* Its files are read whenever it connects, and only looked at here. */
static int redis_reload(struct backend *b, struct err *e)
{
	int rc = redis_tls_try(b->source, e);

	if (rc < 0)
		return rc;
	redis_pubsub_reload(b->pubsub);
	return 0;
}

static void redis_use_conf(struct backend *b, const struct conf *conf)
{
	redis_pubsub_use_conf(b->pubsub, conf);
	if (b->stream)
		redis_stream_use_conf(b->stream, conf);
	redis_app_use_conf(b->app, conf);
}

static void redis_set_paused(struct backend *b, bool is_paused)
{
	redis_pubsub_set_paused(b->pubsub, is_paused);
	if (b->stream)
		redis_stream_set_paused(b->stream, is_paused);
}

static void redis_ask_barrier(struct backend *b)
{
	if (b->stream)
		redis_stream_ask_barrier(b->stream);
	else
		redis_pubsub_ask_barrier(b->pubsub);
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
	return redis_pubsub_is_warm(b->pubsub);
}

static unsigned files_of(const struct conf_redis *source)
{
	return REDIS_PUBSUB_FILES_MAX + REDIS_STREAM_FILES_MAX +
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
