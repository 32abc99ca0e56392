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
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "backend/redis_canary.h"
#include "backend/redis_link.h"
#include "backend/redis_outage.h"
#include "backend/redis_subs.h"
#include "backend/redis_url.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"

enum {
	STRING_MIN = 64 << 20,
	STRING_FACTOR = 4,
	/* How long a storm of new rooms may keep a complete session down. */
	SETTLE_MS = 1000,
	PAUSED_BEATS_MAX = 3,
	FILES_MAX = 16, /* subscriber, canary, what is dialled, look-ups */
	/* In one turn of the loop: all that may be in flight, and more. */
	TURN_BATCHES = 8,
};

struct backend {
	struct event_base *base;
	const struct conf *conf;
	struct metrics *metrics;
	const struct backend_sink *sink;
	void *arg;
	struct redis_url url;
	struct redis_link *subscriber; /* owned */
	struct redis_subs *subs;       /* owned */
	struct redis_canary *canary;   /* owned */
	struct redis_outage outage;
	struct event *retry; /* owned; timer, while down */
	struct event *beat;  /* owned; timer, from subscribing on */
	struct event *flush; /* owned; timer of the next turn */
	int64_t complete_ms; /* when this session was complete, or 0 */
	bool is_up;
	bool is_paused;
	unsigned paused_beats; /* since reading paused */
	bool is_stalled;       /* it was up and is so, but for the pause */
	bool is_canary_missed; /* that its connection is lost is in the log */
};

static void arm(struct event *timer, int64_t delay_ms)
{
	const struct timeval delay = { delay_ms / 1000,
		(delay_ms % 1000) * 1000 };

	if (event_add(timer, &delay) < 0)
		fatal("redis", "cannot add an event: out of memory");
}

/* End the session and try again later. Callers return at once. */
static void lose(struct backend *b, const struct redis_failure *why)
{
	redis_link_close(b->subscriber);
	redis_canary_close(b->canary);
	(void)event_del(b->beat);
	(void)event_del(b->flush);
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
	redis_link_open(b->subscriber);
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
	    kv_int("channels", (int64_t)redis_subs_count(b->subs)),
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
	    !redis_subs_is_synced(b->subs))
		return;
	if (b->complete_ms == 0)
		b->complete_ms = clock_ms();
	if (!redis_subs_is_idle(b->subs) &&
	    clock_ms() - b->complete_ms < SETTLE_MS)
		return;
	if (b->is_stalled)
		recover(b);
	else
		come_up(b);
}

static void announce(struct backend *b, struct slice channel)
{
	size_t prefix = strlen(b->conf->channels.room_prefix);

	b->sink->on_watched(b->arg, slice_after(channel, prefix));
}

static int send_batch(struct backend *b, const struct redis_subs_batch *batch)
{
	struct slice command[REDIS_SUBS_BATCH + 1];

	if (batch->step == REDIS_SUBS_IN_FORCE) {
		for (size_t i = 0; i < batch->count; i++)
			announce(b, batch->channels[i]);
		return 0;
	}
	command[0] = slice_str(
	    batch->step == REDIS_SUBS_SUBSCRIBE ? "SUBSCRIBE" : "UNSUBSCRIBE");
	memcpy(command + 1, batch->channels,
	    batch->count * sizeof *batch->channels);
	return redis_link_send(b->subscriber, command, batch->count + 1);
}

static void flush_later(struct backend *b)
{
	if (redis_link_is_ready(b->subscriber) && redis_subs_is_due(b->subs) &&
	    !event_pending(b->flush, EV_TIMEOUT, NULL))
		arm(b->flush, 0);
}

/* Send a part of what is asked for, as far as it may be in flight. */
static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct backend *b = arg;
	struct redis_subs_batch batch;

	(void)fd, (void)what;
	for (int i = 0; i < TURN_BATCHES && redis_subs_next(b->subs, &batch);
	     i++) {
		if (send_batch(b, &batch) < 0) {
			lose_by(b, "out of memory");
			return;
		}
	}
	come_up_if_complete(b); /* the last one may have been dropped */
	flush_later(b);
}

/*
 * While paused nothing is read: nothing is learnt from silence, and that the
 * server has left must be looked for.
 */
static void beat_paused(struct backend *b)
{
	redis_canary_excuse(b->canary);
	if (redis_link_has_ended(b->subscriber))
		lose_by(b, "closed by the server while reading was paused");
	else if (++b->paused_beats >= PAUSED_BEATS_MAX && b->is_up)
		stall(b);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct backend *b = arg;

	(void)fd, (void)what;
	arm(b->beat, b->conf->redis.heartbeat_ms);
	redis_subs_retry(b->subs);
	flush_later(b);
	if (b->is_paused)
		beat_paused(b);
	else if (!redis_canary_beat(b->canary))
		lose_by(b, "the heartbeat does not come back");
}

static void on_subscriber_ready(void *arg)
{
	struct backend *b = arg;

	redis_subs_reset(b->subs);
	arm(b->beat, b->conf->redis.heartbeat_ms);
	flush_later(b);
}

static bool item_is(const struct resp_item *item, const char *text)
{
	return item->type == RESP_STRING &&
	       slice_eq(item->text, slice_str(text));
}

/* subscribe | unsubscribe, channel, count of channels now. */
static void take_confirmation(
    struct backend *b, bool is_subscribe, struct slice channel)
{
	struct slice in_force;

	if (redis_subs_confirm(b->subs, is_subscribe, channel, &in_force) < 0) {
		lose_by(b, "protocol error: an unexpected confirmation");
		return;
	}
	if (slice_eq(channel, redis_canary_channel(b->canary)))
		redis_canary_release(b->canary);
	if (in_force.len > 0)
		announce(b, in_force);
	come_up_if_complete(b);
	flush_later(b); /* there is room in flight again */
}

/*
 * Not permitted is some channel of the command, and not the command itself: a
 * server knows these two, in words that have changed with its versions.
 */
static bool is_about_channels(struct slice reply)
{
	static const char command[] = "to run the";

	return slice_starts_with(reply, slice_str("NOPERM")) &&
	       !memmem(reply.ptr, reply.len, command, sizeof command - 1);
}

static void tell_refused(
    struct backend *b, struct slice channel, struct slice reply)
{
	const struct redis_failure why =
	    redis_failure_refused("SUBSCRIBE", channel, reply);

	log_warn("redis", "the channel of a room is refused",
	    kv_str("channel", why.channel), kv_str("reason", why.reason),
	    kv_str("remedy", why.remedy));
	b->sink->on_refused(b->arg,
	    slice_after(channel, strlen(b->conf->channels.room_prefix)));
}

/* A refused room is that room's matter; what is configured must work. */
static void take_refusal(struct backend *b, struct slice reply)
{
	bool is_subscribe;
	struct slice channel = redis_subs_awaited(b->subs, &is_subscribe);
	struct slice refused;
	const struct redis_failure why = redis_failure_refused(
	    is_subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", channel, reply);

	if (!is_about_channels(reply) ||
	    redis_subs_refuse(b->subs, &refused) < 0) {
		lose(b, &why);
		return;
	}
	if (refused.len > 0)
		tell_refused(b, refused, reply);
	come_up_if_complete(b);
	flush_later(b);
}

static void take_message(
    struct backend *b, struct slice channel, struct slice payload)
{
	if (!slice_eq(channel, redis_canary_channel(b->canary))) {
		b->sink->on_message(b->arg, channel, payload);
		return;
	}
	redis_canary_hear(b->canary);
	b->is_canary_missed = false;
	come_up_if_complete(b);
}

static void on_subscriber_value(void *arg, const struct resp_value *value)
{
	struct backend *b = arg;
	const struct resp_item *items = value->items;
	bool is_push = value->is_array && value->count == 3 &&
		       items[1].type == RESP_STRING;

	if (!value->is_array && items[0].type == RESP_ERROR)
		take_refusal(b, items[0].text);
	else if (is_push && item_is(&items[0], "message") &&
		 items[2].type == RESP_STRING)
		take_message(b, items[1].text, items[2].text);
	else if (is_push && item_is(&items[0], "subscribe"))
		take_confirmation(b, true, items[1].text);
	else if (is_push && item_is(&items[0], "unsubscribe"))
		take_confirmation(b, false, items[1].text);
	else
		lose_by(b, "protocol error: neither a message nor a reply");
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
	if (b->is_paused && redis_link_has_ended(b->subscriber)) {
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

static const struct redis_link_sink subscriber_sink = {
	.on_ready = on_subscriber_ready,
	.on_value = on_subscriber_value,
	.on_read_end = on_subscriber_read_end,
	.on_lost = on_subscriber_lost,
};

static void redis_close(struct backend *b)
{
	if (!b)
		return;
	redis_link_free(b->subscriber);
	redis_canary_free(b->canary);
	redis_subs_free(b->subs);
	if (b->retry)
		event_free(b->retry);
	if (b->beat)
		event_free(b->beat);
	if (b->flush)
		event_free(b->flush);
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

	b->subscriber = redis_link_new(b->base, &options, &subscriber_sink, b);
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
			redis_subs_want(b->subs, channels[i], false);
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
	b->subs = redis_subs_new();
	b->retry = evtimer_new(base, on_retry, b);
	b->beat = evtimer_new(base, on_beat, b);
	b->flush = evtimer_new(base, on_flush, b);
	if (!b->retry || !b->beat || !b->flush)
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

	redis_subs_want(b->subs, room_channel(b, room, &scratch), true);
	buf_fini(&scratch);
	flush_later(b);
}

static void redis_unwatch_room(struct backend *b, struct slice room)
{
	struct buf scratch = { 0 };

	redis_subs_unwant(b->subs, room_channel(b, room, &scratch));
	buf_fini(&scratch);
	flush_later(b);
}

static void redis_set_paused(struct backend *b, bool is_paused)
{
	b->is_paused = is_paused;
	b->paused_beats = 0;
	redis_link_set_paused(b->subscriber, is_paused);
	if (!is_paused)
		redis_canary_resume(b->canary);
}

const struct backend_ops backend_redis = {
	.name = "redis",
	.needs_watch = true,
	.files_max = FILES_MAX,
	.open = redis_open,
	.watch_room = redis_watch_room,
	.unwatch_room = redis_unwatch_room,
	.set_paused = redis_set_paused,
	.close = redis_close,
};
