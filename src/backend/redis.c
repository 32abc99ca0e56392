/*
 * redis: a session with one server, whose channels are those of the
 * configuration and those of the rooms that are watched.
 *
 * A database number in redis.url is ignored: channels are not part of one.
 */
#include "backend/redis.h"

#include <stdlib.h>
#include <string.h>

#include "backend/redis_session.h"
#include "backend/redis_url.h"
#include "base/buf.h"
#include "base/mem.h"
#include "conf/conf.h"

enum { STRING_MIN = 64 << 20, STRING_FACTOR = 4 };

struct backend {
	const struct conf *conf;
	const struct backend_sink *sink;
	void *arg;
	struct redis_url url;
	struct redis_session *session; /* owned */
};

/* --- what the session says --- */

static void on_message(void *arg, const struct backend_message *m)
{
	struct backend *b = arg;

	b->sink->on_message(b->arg, m);
}

static void on_batch_end(void *arg)
{
	struct backend *b = arg;

	b->sink->on_batch_end(b->arg);
}

static void on_state(void *arg, bool is_up)
{
	struct backend *b = arg;

	b->sink->on_state(b->arg, is_up);
}

static void on_gap(void *arg)
{
	struct backend *b = arg;

	b->sink->on_gap(b->arg);
}

/* The room that a channel is of. */
static struct slice room_of(const struct backend *b, struct slice channel)
{
	return slice_after(channel, strlen(b->conf->channels.room_prefix));
}

static void on_in_force(void *arg, struct slice channel)
{
	struct backend *b = arg;

	b->sink->on_watched(b->arg, room_of(b, channel));
}

static void on_refused(void *arg, struct slice channel)
{
	struct backend *b = arg;

	b->sink->on_refused(b->arg, room_of(b, channel));
}

static const struct redis_session_sink session_sink = {
	.on_message = on_message,
	.on_batch_end = on_batch_end,
	.on_state = on_state,
	.on_gap = on_gap,
	.on_in_force = on_in_force,
	.on_refused = on_refused,
};

/* --- life --- */

static void redis_close(struct backend *b)
{
	if (!b)
		return;
	redis_session_free(b->session);
	redis_url_fini(&b->url);
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
		.link = { .address = &b->url.address,
		    .username = conf->redis.username ? conf->redis.username
						     : b->url.username,
		    .password = b->url.password,
		    .password_file = conf->redis.password_file,
		    .max_string = max_string(conf) },
		.address = b->url.shown,
		.reconnect_min_ms = conf->redis.reconnect_min_ms,
		.reconnect_max_ms = conf->redis.reconnect_max_ms,
		.heartbeat_ms = conf->redis.heartbeat_ms,
	};

	return redis_session_new(base, &options, metrics, &session_sink, b);
}

static void want_configured_channels(struct backend *b)
{
	const char *const channels[] = { b->conf->channels.broadcast,
		b->conf->channels.send, b->conf->channels.control };

	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
		if (channels[i][0]) /* "" turns a channel off */
			redis_session_want(
			    b->session, slice_str(channels[i]), false);
}

static int redis_open(struct backend **out, struct event_base *base,
    const struct conf *conf, struct metrics *metrics,
    const struct backend_sink *sink, void *arg, struct err *e)
{
	struct backend *b = xcalloc(1, sizeof *b);
	struct err why;
	int rc;

	b->conf = conf;
	b->sink = sink;
	b->arg = arg;
	rc = redis_url_parse(&b->url, conf->redis.url, &why);
	if (rc < 0) {
		redis_close(b);
		return err_set(e, rc, "redis.url: %s", why.text);
	}
	b->session = make_session(b, base, metrics);
	want_configured_channels(b);
	redis_session_open(b->session);
	*out = b;
	return 0;
}

/* --- rooms --- */

/* The channel of a room, in scratch. */
static struct slice room_channel(
    struct backend *b, struct slice room, struct buf *scratch)
{
	scratch->len = 0;
	buf_puts(scratch, b->conf->channels.room_prefix);
	buf_putn(scratch, room.ptr, room.len);
	return buf_slice(scratch);
}

static void redis_watch_room(struct backend *b, struct slice room)
{
	struct buf scratch = { 0 };

	redis_session_want(b->session, room_channel(b, room, &scratch), true);
	buf_fini(&scratch);
}

static void redis_unwatch_room(struct backend *b, struct slice room)
{
	struct buf scratch = { 0 };

	redis_session_unwant(b->session, room_channel(b, room, &scratch));
	buf_fini(&scratch);
}

/* Its password is read whenever it connects. */
static int redis_reload(struct backend *b, struct err *e)
{
	(void)b, (void)e;
	return 0;
}

static void redis_set_paused(struct backend *b, bool is_paused)
{
	redis_session_set_paused(b->session, is_paused);
}

const struct backend_ops redis_backend = {
	.name = "redis",
	.needs_watch = true,
	.files_max = REDIS_SESSION_FILES_MAX,
	.open = redis_open,
	.watch_room = redis_watch_room,
	.unwatch_room = redis_unwatch_room,
	.reload = redis_reload,
	.set_paused = redis_set_paused,
	.close = redis_close,
};
