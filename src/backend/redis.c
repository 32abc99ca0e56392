/*
 * redis: payloads by Redis' pub/sub.
 *
 * A session is two connections: the subscriber, on which payloads come, and
 * that of the canary, which shows that the way is open from end to end.
 *
 *     down --retry timer--> connecting --subscriber ready--> subscribing
 *     subscribing --all confirmed, first canary back--> up
 *     any of them --a connection lost, refused, canary silent--> down
 *     up --reading paused for three heartbeats--> stalled
 *     stalled --read again, a canary back--> up
 *
 * A database number in redis.url is ignored: channels are not part of one. A
 * backend on Streams would be a file beside this one, on the same link.
 */
#include "backend/redis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "backend/redis_canary.h"
#include "backend/redis_link.h"
#include "backend/redis_outage.h"
#include "backend/redis_subscriber.h"
#include "backend/redis_url.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/metrics.h"
#include "sys/timer.h"

enum {
	STRING_MIN = 64 << 20,
	STRING_FACTOR = 4,
	/* How long a storm of new rooms may keep a complete session down. */
	SETTLE_MS = 1000,
	PAUSED_BEATS_MAX = 3,
	FILES_MAX = 16, /* subscriber, canary, what is dialled, look-ups */
};

struct backend {
	struct event_base *base;
	const struct conf *conf;
	struct metrics *metrics;
	const struct backend_sink *sink;
	void *arg;
	struct redis_url url;
	struct redis_subscriber *subscriber; /* owned */
	struct redis_canary *canary;         /* owned */
	struct redis_outage outage;
	struct event *retry; /* owned; timer, while down */
	struct event *beat;  /* owned; timer, from subscribing on */
	int64_t complete_ms; /* when this session was complete, or 0 */
	bool is_up;
	bool is_paused;
	unsigned paused_beats; /* since reading paused */
	bool is_stalled;       /* it was up and is so, but for the pause */
	bool is_canary_missed; /* that its connection is lost is in the log */
};

static void arm(struct event *timer, int64_t delay_ms)
{
	timer_arm(timer, delay_ms, "redis");
}

/* End the session and try again later. Callers return at once. */
static void lose(struct backend *b, const struct redis_failure *why)
{
	redis_subscriber_close(b->subscriber);
	redis_canary_close(b->canary);
	(void)event_del(b->beat);
	arm(b->retry, redis_outage_fail(&b->outage, b->is_up || b->is_stalled,
			  b->url.shown, why));
	metrics_inc(b->metrics, b->is_up || b->is_stalled
				    ? METRIC_BACKEND_LOST
				    : METRIC_BACKEND_FAILED);
	b->is_stalled = false;
	if (!b->is_up)
		return;
	b->is_up = false;
	b->sink->on_state(b->arg, false);
}

static void lose_by(struct backend *b, const char *reason)
{
	const struct redis_failure why = redis_failure_make(reason);

	lose(b, &why);
}

static void connect_both(struct backend *b)
{
	b->complete_ms = 0;
	redis_subscriber_open(b->subscriber);
	redis_canary_open(b->canary);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	connect_both(arg);
}

static void come_up(struct backend *b)
{
	int64_t down_ms = redis_outage_end(&b->outage);

	log_info("redis", "connected and subscribed",
	    kv_str("address", b->url.shown),
	    kv_int("channels", (int64_t)redis_subscriber_count(b->subscriber)),
	    kv_int("down_ms", down_ms));
	b->is_up = true;
	metrics_inc(b->metrics, METRIC_BACKEND_CONNECTS);
	b->sink->on_state(b->arg, true);
	b->sink->on_gap(b->arg);
}

/*
 * The workers have been behind for long: what is published now comes late or,
 * once the server has no place for it, never.
 */
static void stall(struct backend *b)
{
	log_warn("redis", "not ready: reading has paused for long",
	    kv_str("address", b->url.shown),
	    kv_int("heartbeats", PAUSED_BEATS_MAX));
	redis_canary_doubt(b->canary);
	b->complete_ms = 0;
	b->is_stalled = true;
	b->is_up = false;
	b->sink->on_state(b->arg, false);
}

/* The same session goes on, and nothing was missed. */
static void recover(struct backend *b)
{
	log_info(
	    "redis", "ready: reading goes on", kv_str("address", b->url.shown));
	b->is_stalled = false;
	b->is_up = true;
	b->sink->on_state(b->arg, true);
}

/*
 * Complete: the canary is back, and all that was wanted when the connection
 * was made is confirmed. Rooms that were watched since then are waited for as
 * well, but not for ever: each of them is announced by itself.
 */
static void come_up_if_complete(struct backend *b)
{
	if (b->is_up || !redis_canary_came_back(b->canary) ||
	    !redis_subscriber_is_synced(b->subscriber))
		return;
	if (b->complete_ms == 0)
		b->complete_ms = clock_ms();
	if (!redis_subscriber_is_idle(b->subscriber) &&
	    clock_ms() - b->complete_ms < SETTLE_MS)
		return;
	if (b->is_stalled)
		recover(b);
	else
		come_up(b);
}

/*
 * While paused nothing is read: nothing is learnt from silence, and that the
 * server has left must be looked for.
 */
static void beat_paused(struct backend *b)
{
	redis_canary_excuse(b->canary);
	if (redis_subscriber_has_ended(b->subscriber))
		lose_by(b, "closed by the server while reading was paused");
	else if (++b->paused_beats >= PAUSED_BEATS_MAX && b->is_up)
		stall(b);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct backend *b = arg;

	(void)fd, (void)what;
	arm(b->beat, b->conf->redis.heartbeat_ms);
	redis_subscriber_retry(b->subscriber);
	if (b->is_paused)
		beat_paused(b);
	else if (!redis_canary_beat(b->canary))
		lose_by(b, "the heartbeat does not come back");
}

static void on_subscriber_ready(void *arg)
{
	struct backend *b = arg;

	arm(b->beat, b->conf->redis.heartbeat_ms);
}

static void on_message(void *arg, const struct backend_message *m)
{
	struct backend *b = arg;

	if (!slice_eq(m->channel, redis_canary_channel(b->canary))) {
		b->sink->on_message(b->arg, m);
		return;
	}
	redis_canary_hear(b->canary);
	b->is_canary_missed = false;
	come_up_if_complete(b);
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

static void on_confirmed(void *arg, struct slice channel)
{
	struct backend *b = arg;

	if (slice_eq(channel, redis_canary_channel(b->canary)))
		redis_canary_release(b->canary);
}

static void on_progress(void *arg)
{
	come_up_if_complete(arg);
}

static void on_subscriber_read_end(void *arg)
{
	struct backend *b = arg;

	b->sink->on_batch_end(b->arg);
}

static void on_subscriber_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, why);
}

/*
 * Without the canary's connection no payload is lost: the session goes on
 * until three heartbeats are missed. One that is not up yet fails as a whole,
 * and so does one that may not publish to itself any more. A server that has
 * no place for a second connection lives: what it sends on the first one
 * counts, and that it can be sent at all is left to TCP's keep-alive.
 */
static void on_canary_lost(void *arg, const struct redis_failure *why)
{
	struct backend *b = arg;

	if ((!b->is_up && !b->is_stalled) ||
	    why->kind == REDIS_FAILURE_DENIED) {
		lose(b, why);
		return;
	}
	if (b->is_paused && redis_subscriber_has_ended(b->subscriber)) {
		lose(b, why); /* both */
		return;
	}
	if (why->kind == REDIS_FAILURE_FULL)
		redis_canary_excuse(b->canary);
	log_at(b->is_canary_missed ? LOG_DEBUG : LOG_WARN, "redis",
	    "heartbeat connection lost", kv_str("address", b->url.shown),
	    kv_str("reason", why->reason),
	    why->remedy ? kv_str("remedy", why->remedy) : kv_none);
	b->is_canary_missed = true;
}

static const struct redis_subscriber_sink subscriber_sink = {
	.on_ready = on_subscriber_ready,
	.on_message = on_message,
	.on_read_end = on_subscriber_read_end,
	.on_in_force = on_in_force,
	.on_refused = on_refused,
	.on_confirmed = on_confirmed,
	.on_progress = on_progress,
	.on_lost = on_subscriber_lost,
};

static void redis_close(struct backend *b)
{
	if (!b)
		return;
	redis_subscriber_free(b->subscriber);
	redis_canary_free(b->canary);
	if (b->retry)
		event_free(b->retry);
	if (b->beat)
		event_free(b->beat);
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

static void make_links(struct backend *b)
{
	const struct conf *conf = b->conf;
	struct redis_link_options options = {
		.url = &b->url,
		.username = conf->redis.username ? conf->redis.username
						 : b->url.username,
		.password = b->url.password,
		.password_file = conf->redis.password_file,
		.max_string = max_string(conf),
	};

	b->subscriber =
	    redis_subscriber_new(b->base, &options, &subscriber_sink, b);
	b->canary = redis_canary_new(b->base, &options, on_canary_lost, b);
}

static void want_base_channels(struct backend *b)
{
	const struct slice channels[] = { redis_canary_channel(b->canary),
		slice_str(b->conf->channels.broadcast),
		slice_str(b->conf->channels.send),
		slice_str(b->conf->channels.control) };

	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
		if (channels[i].len > 0) /* "" turns a channel off */
			redis_subscriber_want(
			    b->subscriber, channels[i], false);
}

static int redis_open(struct backend **out, struct event_base *base,
    const struct conf *conf, struct metrics *metrics,
    const struct backend_sink *sink, void *arg, struct err *e)
{
	struct backend *b = xcalloc(1, sizeof *b);
	struct err why;
	int rc;

	b->base = base;
	b->conf = conf;
	b->metrics = metrics;
	b->sink = sink;
	b->arg = arg;
	rc = redis_url_parse(&b->url, conf->redis.url, &why);
	if (rc < 0) {
		redis_close(b);
		return err_set(e, rc, "redis.url: %s", why.text);
	}
	b->retry = evtimer_new(base, on_retry, b);
	b->beat = evtimer_new(base, on_beat, b);
	if (!b->retry || !b->beat)
		fatal("redis", "cannot add an event: out of memory");
	redis_outage_init(&b->outage, conf->redis.reconnect_min_ms,
	    conf->redis.reconnect_max_ms);
	make_links(b);
	want_base_channels(b);
	connect_both(b);
	*out = b;
	return 0;
}

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

	redis_subscriber_want(
	    b->subscriber, room_channel(b, room, &scratch), true);
	buf_fini(&scratch);
}

static void redis_unwatch_room(struct backend *b, struct slice room)
{
	struct buf scratch = { 0 };

	redis_subscriber_unwant(b->subscriber, room_channel(b, room, &scratch));
	buf_fini(&scratch);
}

static void redis_set_paused(struct backend *b, bool is_paused)
{
	b->is_paused = is_paused;
	b->paused_beats = 0;
	redis_subscriber_set_paused(b->subscriber, is_paused);
	if (!is_paused)
		redis_canary_resume(b->canary);
}

const struct backend_ops redis_backend = {
	.name = "redis",
	.needs_watch = true,
	.files_max = FILES_MAX,
	.open = redis_open,
	.watch_room = redis_watch_room,
	.unwatch_room = redis_unwatch_room,
	.set_paused = redis_set_paused,
	.close = redis_close,
};
