/*
 * redis: a session with one server, whose channels are those of the
 * configuration and those of the rooms that are watched. Where what is
 * PUBLISHed is kept, all instances must hear the same: all rooms then, by a
 * pattern, and marks (backend/redis_order). Where a stream is kept, there is a
 * second connection that reads it (backend/redis_stream): it is up while both
 * are.
 *
 * A database number in redis.url counts for the stream: channels are not part
 * of one.
 */
#include "backend/redis.h"

#include <errno.h>
#include <stdlib.h>

#include "backend/redis_find.h"
#include "backend/redis_order.h"
#include "backend/redis_role.h"
#include "backend/redis_sentinels.h"
#include "backend/redis_session.h"
#include "backend/redis_stream.h"
#include "backend/redis_tls.h"
#include "backend/redis_wanted.h"
#include "base/mem.h"
#include "conf/conf.h"

enum {
	STRING_MIN = 64 << 20,
	STRING_FACTOR = 4,
	ENTRY_STRING_MIN = 64 << 10, /* for what a server says of itself */
};

struct backend {
	const struct conf *conf;
	const struct backend_sink *sink;
	void *arg;
	struct redis_find *find;           /* owned */
	struct redis_sentinels *sentinels; /* owned; NULL: there are none */
	struct redis_role_rule role;
	struct redis_session *session; /* owned */
	struct redis_order *order;     /* owned; NULL: that is not kept */
	struct redis_stream *stream;   /* owned; NULL: there is none */
	bool is_session_up, is_stream_up;
	bool owes_gap; /* the session has come up, and the stream has not */
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

static bool is_up(const struct backend *b)
{
	return b->is_session_up && (b->is_stream_up || !b->stream);
}

/* One of the two is up or down now: so may be all. */
static void tell_state(struct backend *b, bool was_up)
{
	if (is_up(b) != was_up)
		b->sink->on_state(b->arg, !was_up);
	if (!is_up(b) || !b->owes_gap)
		return;
	b->owes_gap = false;
	b->sink->on_gap(b->arg);
}

static void on_state(void *arg, bool is_session_up)
{
	struct backend *b = arg;
	bool was_up = is_up(b);

	b->is_session_up = is_session_up;
	tell_state(b, was_up);
}

/* Where there is an order it is told at its place there. */
static void on_gap(void *arg)
{
	struct backend *b = arg;

	if (b->order)
		return;
	b->owes_gap = true;
	tell_state(b, is_up(b));
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

	b->sink->on_watched(b->arg, redis_wanted_room_of(b->conf, channel));
}

static void on_refused(void *arg, struct slice channel)
{
	struct backend *b = arg;

	b->sink->on_refused(b->arg, redis_wanted_room_of(b->conf, channel));
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

static struct backend_verdict on_stream_message(
    void *arg, const struct backend_message *m)
{
	struct backend *b = arg;

	return b->sink->on_message(b->arg, m);
}

static void on_stream_state(void *arg, bool is_stream_up)
{
	struct backend *b = arg;
	bool was_up = is_up(b);

	b->is_stream_up = is_stream_up;
	tell_state(b, was_up);
}

/* What the stream has lost is missing now, whether the session is up or not. */
static void on_stream_gap(void *arg)
{
	struct backend *b = arg;

	b->sink->on_gap(b->arg);
}

static void on_mark(void *arg, struct slice id)
{
	struct backend *b = arg;

	b->sink->on_mark(b->arg, id);
}

static void on_void(void *arg)
{
	struct backend *b = arg;

	b->sink->on_void(b->arg);
}

static void on_hole(void *arg)
{
	struct backend *b = arg;

	b->sink->on_hole(b->arg);
}

static void on_barrier(void *arg)
{
	struct backend *b = arg;

	b->sink->on_barrier(b->arg);
}

static const struct backend_sink stream_sink = {
	.on_message = on_stream_message,
	.on_batch_end = on_batch_end,
	.on_state = on_stream_state,
	.on_gap = on_stream_gap,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_hole = on_hole,
	.on_barrier = on_barrier,
};

/* --- marks --- */

static void publish_mark(void *arg)
{
	struct backend *b = arg;

	redis_session_beat(b->session);
}

/* --- sentinels --- */

static void on_moved(void *arg)
{
	static const char reason[] = "the sentinels name another server";
	struct backend *b = arg;

	redis_session_move(b->session, reason);
	if (b->stream)
		redis_stream_move(b->stream, reason);
}

/* --- life --- */

static void redis_close(struct backend *b)
{
	if (!b)
		return;
	redis_session_free(b->session);
	redis_stream_free(b->stream);
	redis_order_free(b->order);
	redis_sentinels_free(b->sentinels);
	redis_find_free(b->find);
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
    struct backend *b, struct event_base *base, struct metrics *metrics)
{
	const struct conf *conf = b->conf;
	const struct redis_session_options options = {
		.link = { .find = b->find,
		    .role = &b->role,
		    .max_string = max_string(conf) },
		.reconnect_min_ms = conf->redis.reconnect_min_ms,
		.reconnect_max_ms = conf->redis.reconnect_max_ms,
		.heartbeat_ms = conf->redis.heartbeat_ms,
		.words = b->order ? redis_order_words(b->order) : NULL,
	};

	return redis_session_new(base, &options, metrics, &session_sink, b);
}

/* What an entry is longer than this passes by, and is a hole. */
static struct redis_stream *make_stream(
    struct backend *b, struct event_base *base, struct metrics *metrics)
{
	size_t payload = b->conf->limits.payload;
	const struct redis_stream_options options = {
		.link = {
			.find = b->find,
			.role = &b->role,
			.database = redis_find_database(b->find),
			.max_string = payload > ENTRY_STRING_MIN
					  ? payload
					  : ENTRY_STRING_MIN,
		},
		.conf = b->conf,
	};

	return redis_stream_new(base, &options, metrics, &stream_sink, b);
}

static int redis_open(struct backend **out, struct event_base *base,
    const struct conf *conf, struct metrics *metrics,
    const struct backend_sink *sink, void *arg, struct err *e)
{
	struct redis_find *find;
	struct backend *b;

	if (redis_tls_try(&conf->redis, e) < 0)
		return -EINVAL;
	find = redis_find_new(base, &conf->redis, e);
	if (!find)
		return -EINVAL;
	b = xcalloc(1, sizeof *b);
	b->conf = conf;
	b->sink = sink;
	b->arg = arg;
	b->find = find;
	b->role.is_any = conf->redis.role == CONF_ROLE_ANY;
	if (conf_goes_by_marks(conf))
		b->order =
		    redis_order_new(conf, metrics, sink, arg, publish_mark, b);
	b->session = make_session(b, base, metrics);
	redis_wanted_open(b->session, conf);
	if (conf_reads_stream(conf))
		b->stream = make_stream(b, base, metrics);
	if (conf_has_sentinel(&conf->redis))
		b->sentinels = redis_sentinels_new(
		    base, &conf->redis.sentinel, find, on_moved, b);
	redis_session_open(b->session);
	if (b->stream)
		redis_stream_open(b->stream);
	*out = b;
	return 0;
}

/* --- rooms --- */

static void redis_watch_room(struct backend *b, struct slice room)
{
	redis_wanted_watch(b->session, b->conf, room);
}

static void redis_unwatch_room(struct backend *b, struct slice room)
{
	redis_wanted_unwatch(b->session, b->conf, room);
}

/* --- what the hub asks for --- */

/* Its files are read whenever it connects, and only looked at here. */
static int redis_reload(struct backend *b, struct err *e)
{
	int rc = redis_tls_try(&b->conf->redis, e);

	if (rc < 0)
		return rc;
	if (b->order)
		redis_order_reload(b->order);
	return 0;
}

static void redis_set_paused(struct backend *b, bool is_paused)
{
	redis_session_set_paused(b->session, is_paused);
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

static bool redis_is_warm(const struct backend *b)
{
	return !b->order || redis_order_is_warm(b->order);
}

static unsigned redis_files_max(const struct conf *conf)
{
	size_t sentinels = conf->redis.sentinel.addresses.count;

	return REDIS_SESSION_FILES_MAX + REDIS_STREAM_FILES_MAX +
	       (unsigned)sentinels * REDIS_SENTINEL_FILES_MAX;
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
	.set_paused = redis_set_paused,
	.ask_barrier = redis_ask_barrier,
	.is_warm = redis_is_warm,
	.close = redis_close,
};
