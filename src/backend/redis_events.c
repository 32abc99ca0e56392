/*
 * redis_events: see the header. The connection, and what is sent on it; which
 * events that are, and what the answers make of them, is the batch's matter
 * (backend/redis_events_batch). When some were refused the connection begins
 * anew: the server is not the right one, or cannot take them now.
 */
#include "backend/redis_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_events_batch.h"
#include "backend/redis_find.h"
#include "backend/redis_link.h"
#include "backend/redis_outage.h"
#include "backend/redis_places.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/app_event.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "proto/resp_items.h"
#include "sys/timer.h"

enum {
	STRING_MAX = 64 << 10, /* of an answer */
	BEATS_SILENT = 3,      /* with something under way */
	NUMBER_MAX = 24,
};

struct redis_events {
	struct redis_find *find; /* borrowed */
	struct redis_link *link; /* owned */
	struct redis_outage outage;
	struct events_batch batch;
	struct metrics *main; /* borrowed: of the process */
	struct event *beat;   /* owned; timer, while there is one */
	int64_t beat_ms;
	int64_t heard_ms;   /* when something was answered, or begun */
	const char *stream; /* NULL: with PUBLISH */
	const char *channel;
	char maxlen[NUMBER_MAX];
	bool is_up;      /* connected, and what waited is taken */
	bool is_sent_on; /* by ASK, to where it connects now, or is */
	bool is_role_due;
	bool is_held;
};

/* --- up and down --- */

static void set_up(struct redis_events *e, bool is_up)
{
	e->is_up = is_up;
	metrics_set(e->main, METRIC_EVENTS_UP, is_up);
}

/* End the connection and try again later. Callers return at once. */
static void lose(struct redis_events *e, struct redis_failure why)
{
	bool was_up = e->is_up;

	set_up(e, false);
	e->is_sent_on = false;
	redis_link_close(e->link);
	(void)event_del(e->beat);
	events_batch_end(&e->batch);
	redis_outage_fail(&e->outage, was_up, redis_find_shown(e->find), &why);
}

static void attempt(void *arg)
{
	struct redis_events *e = arg;

	redis_link_open(e->link);
}

/* To the right server at once, where this one has said which it is. */
static void lose_refused(struct redis_events *e)
{
	enum redis_follow_way way = e->batch.way;

	lose(e, e->batch.why);
	if (way == REDIS_FOLLOW_NOWHERE)
		return;
	redis_follow_go(&e->batch.follow);
	e->is_sent_on = way == REDIS_FOLLOW_ASK;
	redis_outage_hurry(&e->outage);
}

/* --- sending --- */

static int put_word(struct redis_events *e, const char *word)
{
	const struct slice command = slice_str(word);

	return redis_link_put(e->link, &command, 1);
}

static int put_event(struct redis_events *e, const struct app_event *event)
{
	struct slice json = app_event_json(event);
	const struct slice publish[] = { slice_str("PUBLISH"),
		e->stream ? slice_str("") : slice_str(e->channel), json };
	const struct slice xadd[] = { slice_str("XADD"),
		slice_str(e->stream ? e->stream : ""), slice_str("MAXLEN"),
		slice_str("~"), slice_str(e->maxlen), slice_str("*"),
		slice_str("event"), json };

	return e->stream ? redis_link_put(e->link, xadd, 8)
			 : redis_link_put(e->link, publish, 3);
}

static int put_opening(struct redis_events *e)
{
	int rc = 0;

	events_batch_open(&e->batch, e->is_sent_on);
	if (e->is_sent_on)
		rc = put_word(e, "ASKING");
	if (rc == 0 && e->batch.is_transaction)
		rc = put_word(e, "MULTI");
	return rc;
}

static int put_batch(struct redis_events *e)
{
	const struct app_event *event;
	int rc = 0;

	while (rc == 0 && (event = events_batch_send(&e->batch)))
		rc = put_event(e, event);
	if (rc == 0 && e->batch.is_transaction)
		rc = put_word(e, "EXEC");
	return rc;
}

/* As many as may be under way, if any wait. */
static int send_batch(struct redis_events *e)
{
	struct events_batch *b = &e->batch;
	int rc = 0;

	if (e->is_held ||
	    (b->step == EVENTS_AT_REST && list_is_empty(&b->waiting)))
		return 0;
	if (b->step == EVENTS_AT_REST)
		rc = put_opening(e);
	if (rc == 0 && b->step == EVENTS_OPENED)
		rc = put_batch(e);
	return rc < 0 ? rc : redis_link_flush(e->link);
}

/* Whether the next may be sent. */
static bool is_free(const struct redis_events *e)
{
	return redis_link_is_ready(e->link) &&
	       events_batch_is_free(&e->batch) &&
	       !redis_link_awaits_role(e->link);
}

/* What is answered meanwhile is the role. */
static int ask_role(struct redis_events *e)
{
	e->is_role_due = false;
	return redis_link_ask_role(e->link);
}

/* A turn to whatever is due. The connection may be lost by it. */
static void go_on(struct redis_events *e)
{
	int rc = 0;

	if (!is_free(e))
		return;
	e->heard_ms = clock_ms();
	if (e->is_role_due && e->batch.step == EVENTS_AT_REST)
		rc = ask_role(e);
	if (rc == 0 && is_free(e))
		rc = send_batch(e);
	if (rc < 0)
		lose(e, redis_failure_memory());
}

/* --- what the connection says --- */

static void come_up(struct redis_events *e)
{
	struct resolve_address peer;
	int64_t down_ms;

	redis_link_peer(e->link, &peer);
	down_ms = redis_outage_end(&e->outage, &peer);
	log_info(LOG_REDIS, "events: connected",
	    kv_str("address", redis_find_shown(e->find)),
	    kv_int("down_ms", down_ms));
	set_up(e, true);
}

static void on_ready(void *arg)
{
	struct redis_events *e = arg;

	if (list_is_empty(&e->batch.waiting))
		come_up(e);
	e->is_role_due = false;
	e->heard_ms = clock_ms();
	timer_arm(e->beat, e->beat_ms, "redis");
	go_on(e);
}

/* The text of an error lives until the reader goes on. */
static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_events *e = arg;
	int rc;

	e->heard_ms = clock_ms();
	if (redis_link_awaits_role(e->link)) {
		(void)redis_link_take_role(e->link, part);
		return;
	}
	rc = events_batch_take(&e->batch, part);
	if (rc == -EREMOTEIO)
		lose_refused(e);
	else if (rc < 0)
		lose(e, redis_failure_unasked());
}

/* Once for all answers that one read has brought. */
static void on_read_end(void *arg)
{
	struct redis_events *e = arg;
	struct events_batch *b = &e->batch;

	if (!is_free(e))
		return;
	if (!e->is_up && b->has_taken)
		come_up(e);
	if (b->step == EVENTS_AT_REST && list_is_empty(&b->waiting))
		events_batch_tell_lost(b, "events reach the app again");
	go_on(e);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, *why);
}

static const struct redis_link_sink sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_read_end = on_read_end,
	.on_lost = on_lost,
};

/* --- whether the server lives, and is the right one --- */

static bool is_silent(const struct redis_events *e)
{
	return !is_free(e) &&
	       clock_ms() - e->heard_ms >= BEATS_SILENT * e->beat_ms;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct redis_events *e = arg;

	(void)fd, (void)what;
	if (is_silent(e)) {
		lose(e, redis_failure_make(REDIS_FAILURE_TIMEOUT,
			    "the server does not answer"));
		return;
	}
	timer_arm(e->beat, e->beat_ms, "redis");
	e->is_role_due = true;
	go_on(e);
}

void redis_events_move(struct redis_events *e, const char *reason)
{
	if (!redis_outage_awaits(&e->outage))
		lose(e, redis_failure_make(REDIS_FAILURE_MOVED, reason));
	redis_outage_move(&e->outage);
}

/* --- for its owner --- */

void redis_events_post(struct redis_events *e, struct app_event *event)
{
	events_batch_post(&e->batch, event);
	go_on(e);
}

void redis_events_hold(struct redis_events *e, bool is_held)
{
	e->is_held = is_held;
	go_on(e);
}

bool redis_events_wait(const struct redis_events *e)
{
	return e->batch.bytes > 0;
}

static void read_conf(struct redis_events *e, const struct conf_events *conf)
{
	e->stream = conf->stream;
	e->channel = conf->channel;
	(void)snprintf(e->maxlen, sizeof e->maxlen, "%zu", conf->maxlen);
}

struct redis_events *redis_events_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics)
{
	const struct conf_redis *source = options->source;
	struct redis_events *e = xcalloc(1, sizeof *e);
	const struct redis_outage_options outage = {
		.connection = REDIS_CONNECTION_EVENTS,
		.lost = "events: connection lost",
		.failed = "events: cannot leave",
		.source = conf_redis_name(source),
		.min_ms = source->reconnect_min_ms,
		.max_ms = source->reconnect_max_ms,
		.attempt = attempt,
		.arg = e,
	};
	struct redis_link_options link = {
		.find = redis_places_find(places, REDIS_PLACE_EVENTS),
		.role = redis_places_rule(places),
		.max_string = STRING_MAX,
	};
	struct redis_follow follow;

	read_conf(e, &options->conf->events);
	link.database = e->stream ? redis_find_database(link.find) : 0;
	e->find = link.find;
	e->main = options->metrics;
	e->beat_ms = source->heartbeat_ms;
	redis_outage_init(&e->outage, base, &outage, metrics);
	redis_follow_init(&follow, e->find, conf_has_cluster(source));
	events_batch_init(&e->batch, e->stream ? "XADD" : "PUBLISH",
	    options->metrics, follow);
	e->beat = timer_new(base, on_beat, e, "redis");
	e->link = redis_link_new(base, &link, &sink, e);
	redis_link_open(e->link);
	return e;
}

void redis_events_free(struct redis_events *e)
{
	if (!e)
		return;
	events_batch_fini(&e->batch);
	redis_link_free(e->link);
	redis_outage_fini(&e->outage);
	event_free(e->beat);
	free(e);
}
