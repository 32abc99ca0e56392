/*
 * redis_session: two connections, that of the subscriber, on which payloads
 * come, and that of the canary, which shows that the way is open from end to
 * end.
 *
 *     down --retry timer--> connecting --subscriber ready--> subscribing
 *     subscribing --all confirmed, first canary back--> catching up
 *     catching up --all that was in flight then confirmed--> up
 *     any of them --a connection lost, refused, canary silent--> down
 *     up --reading paused for three heartbeats--> stalled
 *     stalled --read again, a canary back--> up
 */
#include "backend/redis_session.h"

#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_canary.h"
#include "backend/redis_find.h"
#include "backend/redis_moved.h"
#include "backend/redis_outage.h"
#include "backend/redis_subscriber.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "sys/timer.h"

enum { PAUSED_BEATS_MAX = 3 };

enum session_state {
	SESSION_DOWN,
	SESSION_CATCHING_UP,
	SESSION_UP,
	SESSION_STALLED, /* it would be up, but for the pause */
};

struct redis_session {
	struct redis_session_options options;
	struct metrics *metrics;
	const struct redis_session_sink *sink;
	void *arg;
	struct redis_subscriber *subscriber; /* owned */
	struct redis_canary *canary;         /* owned */
	struct redis_moved moved;
	struct redis_outage outage;
	struct event *beat; /* owned; timer, from subscribing on */
	enum session_state state;
	bool is_paused;
	unsigned paused_beats; /* since reading paused */
};

/* What the server is called in the log. */
static const char *shown(const struct redis_session *s)
{
	return redis_find_shown(s->options.link.find);
}

/* Which one it is, where there are several. */
static const char *source(const struct redis_session *s)
{
	return redis_find_source(s->options.link.find);
}

/* --- up and down --- */

/* End both connections and try again later. Callers return at once. */
static void lose(struct redis_session *s, struct redis_failure why)
{
	enum session_state before = s->state;
	bool was_up = before == SESSION_UP || before == SESSION_STALLED;

	s->state = SESSION_DOWN;
	redis_subscriber_close(s->subscriber);
	redis_canary_close(s->canary);
	redis_moved_end(&s->moved);
	redis_find_doubt(s->options.link.find);
	(void)event_del(s->beat);
	redis_outage_fail(&s->outage, was_up, shown(s), &why);
	metrics_inc(
	    s->metrics, was_up ? METRIC_BACKEND_LOST : METRIC_BACKEND_FAILED);
	if (!redis_failure_is_of(&why, REDIS_FAILURE_ROLE))
		redis_tally_role(s->metrics, REDIS_ROLE_UNKNOWN);
	s->sink->on_broken(s->arg);
	if (before != SESSION_DOWN)
		s->sink->on_state(s->arg, BACKEND_DOWN);
}

void redis_session_open(struct redis_session *s)
{
	redis_subscriber_open(s->subscriber);
	redis_canary_open(s->canary);
}

static void attempt(void *arg)
{
	redis_session_open(arg);
}

void redis_session_move(struct redis_session *s, const char *reason)
{
	if (!redis_outage_awaits(&s->outage))
		lose(s, redis_failure_make(REDIS_FAILURE_MOVED, reason));
	redis_outage_move(&s->outage);
}

/*
 * Nobody has waited for the rooms that were watched while it was down. From now
 * on each new one is waited for; those of before that are in flight still keep
 * the gap back, which tells their members as well.
 */
static void catch_up(struct redis_session *s)
{
	s->state = SESSION_CATCHING_UP;
	redis_subscriber_expect_all(s->subscriber);
	if (!redis_subscriber_is_synced(s->subscriber))
		s->sink->on_state(s->arg, BACKEND_PARTLY);
}

static void come_up(struct redis_session *s)
{
	int64_t down_ms = redis_outage_end(&s->outage, &s->moved.in_use);
	char at[IP_PORT_TEXT_MAX];

	resolve_print(&s->moved.in_use, at);
	log_info(LOG_REDIS, "connected and subscribed",
	    kv_given("source", source(s)), kv_str("address", shown(s)),
	    at[0] ? kv_str("at", at) : kv_none,
	    kv_int("channels", (int64_t)redis_subscriber_count(s->subscriber)),
	    kv_int("down_ms", down_ms));
	s->state = SESSION_UP;
	metrics_inc(s->metrics, METRIC_BACKEND_CONNECTS);
	s->sink->on_state(s->arg, BACKEND_UP);
	s->sink->on_gap(s->arg);
}

/*
 * The workers have been behind for long: what is published now comes late or,
 * once the server has no place for it, never.
 */
static void stall(struct redis_session *s)
{
	log_warn(LOG_REDIS, "not ready: reading has paused for long",
	    kv_given("source", source(s)), kv_str("address", shown(s)),
	    kv_int("heartbeats", PAUSED_BEATS_MAX));
	redis_canary_doubt(s->canary);
	s->state = SESSION_STALLED;
	s->sink->on_state(s->arg, BACKEND_PARTLY);
}

/* The same connections go on, and nothing was missed. */
static void recover(struct redis_session *s)
{
	log_info(LOG_REDIS, "ready: reading goes on",
	    kv_given("source", source(s)), kv_str("address", shown(s)));
	s->state = SESSION_UP;
	s->sink->on_state(s->arg, BACKEND_UP);
}

/*
 * Complete: the canary is back, and all that was wanted when the connection
 * was made is confirmed.
 */
static void come_up_if_complete(struct redis_session *s)
{
	if (s->state == SESSION_UP || !redis_canary_came_back(s->canary) ||
	    !redis_subscriber_is_synced(s->subscriber))
		return;
	if (s->state == SESSION_STALLED) {
		recover(s);
		return;
	}
	if (s->state == SESSION_DOWN)
		catch_up(s);
	if (redis_subscriber_is_synced(s->subscriber))
		come_up(s);
}

/* --- heartbeats --- */

/*
 * While paused nothing is read: nothing is learnt from silence, and that the
 * server has left must be looked for.
 */
static void beat_paused(struct redis_session *s)
{
	redis_canary_excuse(s->canary);
	if (redis_subscriber_has_ended(s->subscriber))
		lose(s, redis_failure_make(REDIS_FAILURE_CLOSED,
			    "closed by the server while reading was paused"));
	else if (++s->paused_beats >= PAUSED_BEATS_MAX &&
		 s->state == SESSION_UP)
		stall(s);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct redis_session *s = arg;

	(void)fd, (void)what;
	timer_arm(s->beat, s->options.heartbeat_ms, "redis");
	redis_moved_ask(&s->moved);
	redis_subscriber_retry(s->subscriber);
	if (s->is_paused)
		beat_paused(s);
	else if (!redis_canary_beat(s->canary))
		lose(s, redis_failure_make(REDIS_FAILURE_HEARTBEAT,
			    "the heartbeat does not come back"));
	redis_canary_ask_role(s->canary);
}

/* --- what the connections say --- */

static void on_subscriber_ready(void *arg)
{
	struct redis_session *s = arg;
	struct resolve_address peer;

	redis_subscriber_peer(s->subscriber, &peer);
	redis_moved_begin(&s->moved, &peer);
	timer_arm(s->beat, s->options.heartbeat_ms, "redis");
	if (s->options.leaves_rooms)
		redis_subscriber_try(s->subscriber, REDIS_CHANNELS_UNSUBSCRIBE);
}

static void on_moved(void *arg)
{
	lose(arg, redis_failure_moved());
}

static void on_message(void *arg, const struct backend_message *m)
{
	struct redis_session *s = arg;

	if (!slice_eq(m->channel, redis_canary_channel(s->canary))) {
		s->sink->on_message(s->arg, m);
		return;
	}
	if (redis_canary_hear(s->canary, m->payload))
		come_up_if_complete(s);
}

static void on_in_force(void *arg, struct slice channel)
{
	struct redis_session *s = arg;

	s->sink->on_in_force(s->arg, channel);
}

static void on_refused(void *arg, struct slice channel)
{
	struct redis_session *s = arg;

	s->sink->on_refused(s->arg, channel);
}

static void on_confirmed(void *arg, struct slice channel)
{
	struct redis_session *s = arg;

	if (!redis_canary_waits_for_all(s->canary) &&
	    slice_eq(channel, redis_canary_channel(s->canary)))
		redis_canary_release(s->canary);
}

static void on_progress(void *arg)
{
	struct redis_session *s = arg;

	if (redis_canary_waits_for_all(s->canary) &&
	    redis_subscriber_is_synced(s->subscriber) &&
	    redis_subscriber_is_at_rest(s->subscriber))
		redis_canary_release(s->canary);
	come_up_if_complete(s);
}

static void on_subscriber_read_end(void *arg)
{
	struct redis_session *s = arg;

	s->sink->on_batch_end(s->arg);
}

static void on_subscriber_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, *why);
}

/*
 * Without the canary's connection no payload is lost: the session goes on
 * until three heartbeats are missed. One that is not up yet fails as a whole,
 * and so does one that may not publish to itself any more, or is at no master.
 */
static void on_canary_lost(void *arg, const struct redis_failure *why)
{
	struct redis_session *s = arg;
	bool both_are =
	    s->is_paused && redis_subscriber_has_ended(s->subscriber);

	if (s->state == SESSION_DOWN || redis_failure_is_final(why) || both_are)
		lose(s, *why);
	else
		redis_canary_miss(s->canary, why);
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

/* --- for its owner --- */

struct redis_session *redis_session_new(struct event_base *base,
    const struct redis_session_options *options, struct metrics *metrics,
    const struct redis_session_sink *sink, void *arg)
{
	struct redis_session *s = xcalloc(1, sizeof *s);
	const struct redis_outage_options outage = {
		.connection = REDIS_CONNECTION_SUBSCRIPTION,
		.lost = "connection lost",
		.failed = "cannot connect",
		.source = redis_find_source(options->link.find),
		.min_ms = options->reconnect_min_ms,
		.max_ms = options->reconnect_max_ms,
		.attempt = attempt,
		.arg = s,
	};

	s->options = *options;
	s->metrics = metrics;
	s->sink = sink;
	s->arg = arg;
	s->beat = timer_new(base, on_beat, s, "redis");
	redis_moved_init(&s->moved, options->link.find, on_moved, s);
	redis_outage_init(&s->outage, base, &outage, metrics);
	s->subscriber =
	    redis_subscriber_new(base, &options->link, &subscriber_sink, s);
	s->canary = redis_canary_new(
	    base, &options->link, options->words, metrics, on_canary_lost, s);
	redis_subscriber_want(
	    s->subscriber, redis_canary_channel(s->canary), REDIS_CHANNEL_BASE);
	return s;
}

void redis_session_free(struct redis_session *s)
{
	if (!s)
		return;
	redis_moved_end(&s->moved);
	redis_subscriber_free(s->subscriber);
	redis_canary_free(s->canary);
	redis_outage_fini(&s->outage);
	event_free(s->beat);
	free(s);
}

void redis_session_want(
    struct redis_session *s, struct slice channel, enum redis_channel_kind kind)
{
	redis_subscriber_want(s->subscriber, channel, kind);
}

void redis_session_unwant(
    struct redis_session *s, struct slice channel, enum redis_channel_kind kind)
{
	redis_subscriber_unwant(s->subscriber, channel, kind);
}

void redis_session_hold_beat(struct redis_session *s)
{
	redis_canary_hold(s->canary);
	redis_subscriber_ask_progress(s->subscriber); /* all may be there */
}

void redis_session_rename(
    struct redis_session *s, struct slice from, struct slice to)
{
	redis_subscriber_rename(s->subscriber, from, to);
}

void redis_session_beat(struct redis_session *s)
{
	redis_canary_send(s->canary);
}

void redis_session_set_paused(struct redis_session *s, bool is_paused)
{
	s->is_paused = is_paused;
	s->paused_beats = 0;
	redis_subscriber_set_paused(s->subscriber, is_paused);
	if (!is_paused)
		redis_canary_resume(s->canary);
}
