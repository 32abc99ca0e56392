/*
 * redis_session: two connections, that of the subscriber, on which payloads
 * come, and that of the canary, which shows that the way is open from end to
 * end.
 *
 *     down --retry timer--> connecting --subscriber ready--> subscribing
 *     subscribing --all confirmed, first canary back--> up
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
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "sys/timer.h"

enum {
	/* How long a storm of new rooms may keep a complete session down. */
	SETTLE_MS = 1000,
	PAUSED_BEATS_MAX = 3,
};

enum session_state {
	SESSION_DOWN, /* until all is confirmed */
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
	struct event *retry; /* owned; timer, while down */
	struct event *beat;  /* owned; timer, from subscribing on */
	enum session_state state;
	int64_t complete_ms; /* when all was confirmed, or 0 */
	bool is_paused;
	unsigned paused_beats; /* since reading paused */
	bool is_canary_missed; /* that its connection is lost is in the log */
};

/* What the server is called in the log. */
static const char *shown(const struct redis_session *s)
{
	return redis_find_shown(s->options.link.find);
}

/* --- up and down --- */

static void arm(struct event *timer, int64_t delay_ms)
{
	timer_arm(timer, delay_ms, "redis");
}

/* End both connections and try again later. Callers return at once. */
static void lose(struct redis_session *s, const struct redis_failure *why)
{
	enum session_state before = s->state;
	bool was_up = before != SESSION_DOWN;

	s->state = SESSION_DOWN;
	redis_subscriber_close(s->subscriber);
	redis_canary_close(s->canary);
	redis_moved_end(&s->moved);
	(void)event_del(s->beat);
	arm(s->retry, redis_outage_fail(&s->outage, was_up, shown(s), why));
	metrics_inc(
	    s->metrics, was_up ? METRIC_BACKEND_LOST : METRIC_BACKEND_FAILED);
	s->sink->on_broken(s->arg);
	if (before == SESSION_UP)
		s->sink->on_state(s->arg, false);
}

static void lose_by(struct redis_session *s, const char *reason)
{
	const struct redis_failure why = redis_failure_make(reason);

	lose(s, &why);
}

void redis_session_open(struct redis_session *s)
{
	s->complete_ms = 0;
	redis_subscriber_open(s->subscriber);
	redis_canary_open(s->canary);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	redis_session_open(arg);
}

void redis_session_move(struct redis_session *s, const char *reason)
{
	if (!event_pending(s->retry, EV_TIMEOUT, NULL))
		lose_by(s, reason);
	redis_outage_hurry(&s->outage);
	arm(s->retry, 0);
}

static void come_up(struct redis_session *s)
{
	int64_t down_ms = redis_outage_end(&s->outage);

	log_info("redis", "connected and subscribed",
	    kv_str("address", shown(s)),
	    kv_int("channels", (int64_t)redis_subscriber_count(s->subscriber)),
	    kv_int("down_ms", down_ms));
	s->state = SESSION_UP;
	metrics_inc(s->metrics, METRIC_BACKEND_CONNECTS);
	s->sink->on_state(s->arg, true);
	s->sink->on_gap(s->arg);
}

/*
 * The workers have been behind for long: what is published now comes late or,
 * once the server has no place for it, never.
 */
static void stall(struct redis_session *s)
{
	log_warn("redis", "not ready: reading has paused for long",
	    kv_str("address", shown(s)),
	    kv_int("heartbeats", PAUSED_BEATS_MAX));
	redis_canary_doubt(s->canary);
	s->complete_ms = 0;
	s->state = SESSION_STALLED;
	s->sink->on_state(s->arg, false);
}

/* The same connections go on, and nothing was missed. */
static void recover(struct redis_session *s)
{
	log_info(
	    "redis", "ready: reading goes on", kv_str("address", shown(s)));
	s->state = SESSION_UP;
	s->sink->on_state(s->arg, true);
}

/*
 * Complete: the canary is back, and all that was wanted when the connection
 * was made is confirmed. Rooms that were watched since then are waited for as
 * well, but not for ever: each of them is announced by itself.
 */
static void come_up_if_complete(struct redis_session *s)
{
	if (s->state == SESSION_UP || !redis_canary_came_back(s->canary) ||
	    !redis_subscriber_is_synced(s->subscriber))
		return;
	if (s->complete_ms == 0)
		s->complete_ms = clock_ms();
	if (!redis_subscriber_is_idle(s->subscriber) &&
	    clock_ms() - s->complete_ms < SETTLE_MS)
		return;
	if (s->state == SESSION_STALLED)
		recover(s);
	else
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
		lose_by(s, "closed by the server while reading was paused");
	else if (++s->paused_beats >= PAUSED_BEATS_MAX &&
		 s->state == SESSION_UP)
		stall(s);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct redis_session *s = arg;

	(void)fd, (void)what;
	arm(s->beat, s->options.heartbeat_ms);
	redis_moved_ask(&s->moved);
	redis_subscriber_retry(s->subscriber);
	if (s->is_paused)
		beat_paused(s);
	else if (!redis_canary_beat(s->canary))
		lose_by(s, "the heartbeat does not come back");
	redis_canary_ask_role(s->canary);
}

/* --- what the connections say --- */

static void on_subscriber_ready(void *arg)
{
	struct redis_session *s = arg;
	struct resolve_address peer;

	redis_subscriber_peer(s->subscriber, &peer);
	redis_moved_begin(&s->moved, &peer);
	arm(s->beat, s->options.heartbeat_ms);
}

static void on_moved(void *arg)
{
	lose_by(arg, "its name leads elsewhere by now");
}

static void on_message(void *arg, const struct backend_message *m)
{
	struct redis_session *s = arg;

	if (!slice_eq(m->channel, redis_canary_channel(s->canary))) {
		s->sink->on_message(s->arg, m);
		return;
	}
	if (!redis_canary_hear(s->canary, m->payload))
		return;
	s->is_canary_missed = false;
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
	    redis_subscriber_is_synced(s->subscriber))
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
	lose(arg, why);
}

static bool is_final(enum redis_failure_kind kind)
{
	return kind == REDIS_FAILURE_DENIED || kind == REDIS_FAILURE_ROLE;
}

/*
 * Without the canary's connection no payload is lost: the session goes on
 * until three heartbeats are missed. One that is not up yet fails as a whole,
 * and so does one that may not publish to itself any more, or is at no master.
 * A server that has
 * no place for a second connection lives: what it sends on the first one
 * counts, and that it can be sent at all is left to TCP's keep-alive.
 */
static void on_canary_lost(void *arg, const struct redis_failure *why)
{
	struct redis_session *s = arg;

	if (s->state == SESSION_DOWN || is_final(why->kind)) {
		lose(s, why);
		return;
	}
	if (s->is_paused && redis_subscriber_has_ended(s->subscriber)) {
		lose(s, why); /* both */
		return;
	}
	if (why->kind == REDIS_FAILURE_FULL)
		redis_canary_excuse(s->canary);
	log_at(s->is_canary_missed ? LOG_DEBUG : LOG_WARN, "redis",
	    "heartbeat connection lost", kv_str("address", shown(s)),
	    kv_str("reason", why->reason), kv_given("remedy", why->remedy));
	s->is_canary_missed = true;
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
	static const struct redis_outage_words words = { "connection lost",
		"cannot connect" };
	struct redis_session *s = xcalloc(1, sizeof *s);

	s->options = *options;
	s->metrics = metrics;
	s->sink = sink;
	s->arg = arg;
	s->retry = evtimer_new(base, on_retry, s);
	s->beat = evtimer_new(base, on_beat, s);
	if (!s->retry || !s->beat)
		fatal("redis", "cannot add an event: out of memory");
	redis_moved_init(&s->moved, options->link.find, on_moved, s);
	redis_outage_init(&s->outage, words, options->reconnect_min_ms,
	    options->reconnect_max_ms);
	s->subscriber =
	    redis_subscriber_new(base, &options->link, &subscriber_sink, s);
	s->canary = redis_canary_new(
	    base, &options->link, options->words, on_canary_lost, s);
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
	event_free(s->retry);
	event_free(s->beat);
	free(s);
}

void redis_session_want(
    struct redis_session *s, struct slice channel, enum redis_channel_kind kind)
{
	redis_subscriber_want(s->subscriber, channel, kind);
}

void redis_session_unwant(struct redis_session *s, struct slice channel)
{
	redis_subscriber_unwant(s->subscriber, channel);
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
