/*
 * redis_shard: a subscriber, a heartbeat, and when to try again.
 *
 *     connecting --ready--> connected --all confirmed--> up
 *     any of them --connection lost, refused, silent--> away
 *     away --retry timer--> away and connecting
 */
#include "backend/redis_shard.h"

#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_link.h"
#include "backend/redis_outage.h"
#include "backend/redis_subscriber.h"
#include "backend/redis_wanted.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/backend.h"
#include "sys/resolve.h"
#include "sys/timer.h"

enum { SILENT_BEATS_MAX = 3 };

struct redis_shard {
	const struct redis_shard_sink *sink;
	void *arg;
	const struct backend_options *backend; /* borrowed */
	struct redis_find *find;               /* owned */
	struct redis_subscriber *subscriber;   /* owned */
	struct redis_outage outage;
	struct event *beat;    /* owned; timer, while there is one */
	unsigned silent_beats; /* in a row, without an answer */
	bool is_connected;     /* and let in */
	bool is_up;            /* and all was in force since then */
	bool is_away; /* it was tried, and is not up since, or nowhere */
	bool is_paused;
};

/* --- there or not --- */

static void lose(struct redis_shard *s, struct redis_failure why)
{
	bool was_up = s->is_up;

	s->is_connected = s->is_up = false;
	s->is_away = true;
	redis_subscriber_close(s->subscriber);
	redis_subscriber_suspend(s->subscriber);
	(void)event_del(s->beat);
	redis_outage_fail(&s->outage, was_up, redis_find_shown(s->find), &why);
	s->sink->on_broken(s->arg);
}

static void attempt(void *arg)
{
	struct redis_shard *s = arg;

	redis_subscriber_open(s->subscriber);
}

static void come_up(struct redis_shard *s)
{
	struct resolve_address server;
	int64_t down_ms;

	redis_subscriber_peer(s->subscriber, &server);
	down_ms = redis_outage_end(&s->outage, &server);
	log_info(LOG_REDIS, "subscribed at a master of the cluster",
	    kv_given("source", s->outage.options.source),
	    kv_str("address", redis_find_shown(s->find)),
	    kv_int("channels", (int64_t)redis_shard_count(s)),
	    kv_int("down_ms", down_ms));
	s->is_up = true;
	s->is_away = false;
}

/* --- heartbeats --- */

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct redis_shard *s = arg;

	(void)fd, (void)what;
	timer_arm(s->beat, s->backend->source->heartbeat_ms, "redis");
	redis_subscriber_retry(s->subscriber);
	if (s->is_paused) { /* nothing is learnt from silence */
		s->silent_beats = 0;
		if (redis_subscriber_has_ended(s->subscriber))
			lose(s, redis_failure_make(REDIS_FAILURE_CLOSED,
				    "closed by the server while reading was "
				    "paused"));
		return;
	}
	if (++s->silent_beats >= SILENT_BEATS_MAX)
		lose(s, redis_failure_make(REDIS_FAILURE_HEARTBEAT,
			    "the heartbeat does not come back"));
	else
		redis_subscriber_ping(s->subscriber);
}

static void on_pong(void *arg)
{
	struct redis_shard *s = arg;

	s->silent_beats = 0;
}

/* --- what the connection says --- */

static void on_ready(void *arg)
{
	struct redis_shard *s = arg;

	s->is_connected = true;
	s->silent_beats = 0;
	timer_arm(s->beat, s->backend->source->heartbeat_ms, "redis");
	redis_subscriber_ping(s->subscriber); /* it may be refused: at once */
	redis_subscriber_try(s->subscriber, REDIS_CHANNELS_SUNSUBSCRIBE);
}

/* What is wanted no more may be wanted, and heard, at another one by now. */
static void on_message(void *arg, const struct backend_message *m)
{
	struct redis_shard *s = arg;

	if (redis_subscriber_wants(s->subscriber, m->channel))
		s->backend->sink->on_message(s->backend->arg, m);
}

static void on_read_end(void *arg)
{
	struct redis_shard *s = arg;

	s->backend->sink->on_batch_end(s->backend->arg);
}

static void on_in_force(void *arg, struct slice channel)
{
	struct redis_shard *s = arg;

	s->backend->sink->on_watched(
	    s->backend->arg, redis_wanted_room_of(s->backend->conf, channel));
}

static void on_refused(void *arg, struct slice channel)
{
	struct redis_shard *s = arg;

	s->backend->sink->on_refused(
	    s->backend->arg, redis_wanted_room_of(s->backend->conf, channel));
}

static void on_ended(void *arg, struct slice channel)
{
	struct redis_shard *s = arg;

	s->sink->on_ended(s->arg, channel);
}

static void on_elsewhere(void *arg, uint16_t slot, const struct address *to)
{
	struct redis_shard *s = arg;

	s->sink->on_elsewhere(s->arg, slot, to);
}

static void on_progress(void *arg)
{
	struct redis_shard *s = arg;

	if (s->is_connected && !s->is_up && redis_shard_count(s) > 0 &&
	    redis_subscriber_is_synced(s->subscriber))
		come_up(s);
	s->sink->on_progress(s->arg);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, *why);
}

static const struct redis_subscriber_sink subscriber_sink = {
	.on_ready = on_ready,
	.on_message = on_message,
	.on_read_end = on_read_end,
	.on_in_force = on_in_force,
	.on_refused = on_refused,
	.on_progress = on_progress,
	.on_pong = on_pong,
	.on_ended = on_ended,
	.on_elsewhere = on_elsewhere,
	.on_lost = on_lost,
};

/* --- for its owner --- */

static struct redis_subscriber *make_subscriber(struct redis_shard *s,
    struct event_base *base, const struct redis_shard_options *options)
{
	const struct redis_link_options link = {
		.find = s->find,
		.role = options->role,
		.max_string = options->max_string,
	};

	return redis_subscriber_new(base, &link, &subscriber_sink, s);
}

struct redis_shard *redis_shard_new(struct event_base *base,
    const struct address *address, const struct redis_shard_options *options,
    const struct redis_shard_sink *sink, void *arg)
{
	static const struct address nowhere = { .port = 0 };
	const struct conf_redis *source = options->backend->source;
	struct redis_shard *s = xcalloc(1, sizeof *s);
	const struct redis_outage_options outage = {
		.connection = REDIS_CONNECTION_SHARD,
		.lost = "connection to a master of the cluster lost",
		.failed = "cannot connect to a master of the cluster",
		.source = options->source,
		.min_ms = source->reconnect_min_ms,
		.max_ms = source->reconnect_max_ms,
		.attempt = attempt,
		.arg = s,
	};

	s->sink = sink;
	s->arg = arg;
	s->backend = options->backend;
	s->is_away = !address;
	s->beat = timer_new(base, on_beat, s, "redis");
	redis_outage_init(&s->outage, base, &outage, options->metrics);
	s->find = redis_find_new_at(base, options->source,
	    address ? address : &nowhere, options->login, &source->tls);
	s->subscriber = make_subscriber(s, base, options);
	if (address)
		redis_subscriber_open(s->subscriber);
	else
		redis_subscriber_suspend(s->subscriber);
	return s;
}

void redis_shard_free(struct redis_shard *s)
{
	if (!s)
		return;
	redis_subscriber_free(s->subscriber);
	redis_find_free(s->find);
	redis_outage_fini(&s->outage);
	event_free(s->beat);
	free(s);
}

const struct address *redis_shard_address(const struct redis_shard *s)
{
	return redis_find_address(s->find);
}

void redis_shard_want(struct redis_shard *s, struct slice channel)
{
	redis_subscriber_want(s->subscriber, channel, REDIS_CHANNEL_SHARD);
}

void redis_shard_adopt(struct redis_shard *s, struct slice channel)
{
	redis_subscriber_adopt(s->subscriber, channel);
}

void redis_shard_unwant(struct redis_shard *s, struct slice channel)
{
	redis_subscriber_unwant(s->subscriber, channel, REDIS_CHANNEL_SHARD);
}

void redis_shard_leave(struct redis_shard *s)
{
	s->is_connected = s->is_up = false;
	redis_subscriber_close(s->subscriber);
	redis_subscriber_depart_all(s->subscriber);
	redis_outage_rest(&s->outage);
	(void)event_del(s->beat);
}

bool redis_shard_hand_over(
    struct redis_shard *s, size_t most, redis_channels_fn fn, void *arg)
{
	bool has_more =
	    redis_subscriber_hand_over(s->subscriber, most, fn, arg);

	on_progress(s); /* those that are left may all be in force */
	return has_more;
}

void redis_shard_set_paused(struct redis_shard *s, bool is_paused)
{
	s->is_paused = is_paused;
	redis_subscriber_set_paused(s->subscriber, is_paused);
}

bool redis_shard_is_in_step(const struct redis_shard *s)
{
	return s->is_up && redis_subscriber_is_synced(s->subscriber);
}

void redis_shard_expect_all(struct redis_shard *s)
{
	redis_subscriber_expect_all(s->subscriber);
}

bool redis_shard_is_away(const struct redis_shard *s)
{
	return s->is_away;
}

size_t redis_shard_count(const struct redis_shard *s)
{
	return redis_subscriber_count(s->subscriber);
}
