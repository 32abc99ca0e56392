/*
 * redis_events: see the header. An event is in one of three lists: it waits, it
 * is under way, or it was refused, by a server that is not the right one or
 * cannot take it. What waits is sent when all before it is answered, and not
 * sooner: so what a loss costs is bounded, and batches form by themselves. When
 * some of a batch were refused, they go back to the head of those that wait,
 * and the connection begins anew.
 */
#include "backend/redis_events.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_follow.h"
#include "backend/redis_link.h"
#include "backend/redis_outage.h"
#include "backend/redis_places.h"
#include "base/clock.h"
#include "base/list.h"
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
	SENT_MAX = 256,        /* events under way: all that one loss costs */
	BEATS_SILENT = 3,      /* with something under way */
	NUMBER_MAX = 24,
};

struct redis_events {
	struct redis_find *find; /* borrowed */
	struct redis_link *link; /* owned */
	struct redis_outage outage;
	struct redis_follow follow;
	struct metrics *main; /* borrowed: of the process */
	struct event *retry;  /* owned; timer, while there is no connection */
	struct event *beat;   /* owned; timer, while there is one */
	int64_t beat_ms;
	int64_t heard_ms;   /* when something was answered, or begun */
	const char *stream; /* NULL: with PUBLISH */
	const char *channel;
	char maxlen[NUMBER_MAX];
	struct list waiting, sent, refused;
	unsigned sent_count;
	size_t bytes;             /* of all that are in the lists */
	struct redis_failure why; /* the first of the refused, while any is */
	bool follows;             /* to another node, when all is answered */
	bool is_up;
	bool is_role_due;
	uint64_t lost; /* not told of yet */
};

static struct app_event *first(const struct list *l)
{
	return container_of(l->next, struct app_event, link);
}

static void drop(struct redis_events *e, struct app_event *event)
{
	list_del(&event->link);
	e->bytes -= event->bytes;
	metrics_set(e->main, METRIC_EVENTS_WAITING, e->bytes);
	free(event);
}

/* --- what is lost --- */

static void count_lost(struct redis_events *e, const char *why)
{
	metrics_inc(e->main, METRIC_EVENTS_LOST);
	if (e->lost++ == 0)
		log_warn(LOG_REDIS, "events are lost", kv_str("why", why),
		    kv_int("waiting_bytes", (int64_t)e->bytes));
}

static void tell_lost(struct redis_events *e, const char *message)
{
	if (e->lost > 0)
		log_warn(LOG_REDIS, message, kv_int("lost", (int64_t)e->lost));
	e->lost = 0;
}

static void lose_all(struct redis_events *e, struct list *l, const char *why)
{
	while (!list_is_empty(l)) {
		count_lost(e, why);
		drop(e, first(l));
	}
}

/* --- up and down --- */

/* At the head again, in their order. */
static void take_back_refused(struct redis_events *e)
{
	list_join(&e->refused, &e->waiting);
	list_take(&e->waiting, &e->refused);
}

/* End the connection and try again later. Callers return at once. */
static void lose(struct redis_events *e, struct redis_failure why)
{
	bool was_up = e->is_up;

	e->is_up = false;
	redis_link_close(e->link);
	(void)event_del(e->beat);
	lose_all(
	    e, &e->sent, "the connection was lost before they were confirmed");
	e->sent_count = 0;
	take_back_refused(e);
	timer_arm(e->retry,
	    redis_outage_fail(
		&e->outage, was_up, redis_find_shown(e->find), &why),
	    "redis");
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct redis_events *e = arg;

	(void)fd, (void)what;
	redis_link_open(e->link);
}

/* All that was sent before a refusal is answered: now to the right server. */
static void end_refused(struct redis_events *e)
{
	bool follows = e->follows;

	e->follows = false;
	lose(e, e->why);
	if (!follows)
		return;
	redis_follow_go(&e->follow);
	timer_arm(e->retry, 0, "redis");
}

/* --- sending --- */

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

/* Whether nothing is under way: the next may go. */
static bool is_free(const struct redis_events *e)
{
	return e->is_up && e->sent_count == 0 &&
	       !redis_link_awaits_role(e->link);
}

/* What is answered meanwhile is the role. */
static int ask_role(struct redis_events *e)
{
	e->is_role_due = false;
	return redis_link_ask_role(e->link);
}

/* As many as may be under way, if any wait. */
static int send_batch(struct redis_events *e)
{
	int rc = 0;

	while (rc == 0 && e->sent_count < SENT_MAX &&
	       !list_is_empty(&e->waiting)) {
		struct app_event *event = first(&e->waiting);

		rc = put_event(e, event);
		list_del(&event->link);
		list_add(&e->sent, &event->link);
		e->sent_count++;
	}
	return rc < 0 || e->sent_count == 0 ? rc : redis_link_flush(e->link);
}

/* A turn to whatever is due. The connection may be lost by it. */
static void go_on(struct redis_events *e)
{
	int rc = 0;

	if (!is_free(e))
		return;
	e->heard_ms = clock_ms();
	if (e->is_role_due)
		rc = ask_role(e);
	if (rc == 0 && is_free(e))
		rc = send_batch(e);
	if (rc < 0)
		lose(e, redis_failure_memory());
}

/* --- what the connection says --- */

static void on_ready(void *arg)
{
	struct redis_events *e = arg;
	struct resolve_address peer;
	int64_t down_ms;

	redis_link_peer(e->link, &peer);
	down_ms = redis_outage_end(&e->outage, &peer);
	log_info(LOG_REDIS, "events: connected",
	    kv_str("address", redis_find_shown(e->find)),
	    kv_int("down_ms", down_ms));
	e->is_up = true;
	e->is_role_due = false;
	e->heard_ms = clock_ms();
	timer_arm(e->beat, e->beat_ms, "redis");
	go_on(e);
}

static void refuse(
    struct redis_events *e, struct app_event *event, struct slice error)
{
	struct redis_failure why;
	bool is_first = list_is_empty(&e->refused);
	enum redis_follow_way way;

	list_del(&event->link);
	list_add(&e->refused, &event->link);
	if (!is_first)
		return;
	way = redis_follow_take(
	    &e->follow, e->stream ? "XADD" : "PUBLISH", error, &why);
	e->why = why;
	e->follows = way == REDIS_FOLLOW_MOVED;
}

static void take_answer(struct redis_events *e, const struct resp_part *part)
{
	struct app_event *event = first(&e->sent);

	e->sent_count--;
	if (part->type == RESP_ERROR) {
		refuse(e, event, part->text);
		return;
	}
	drop(e, event);
	redis_follow_arrive(&e->follow);
}

/* The text of an error lives until the reader goes on. */
static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_events *e = arg;

	e->heard_ms = clock_ms();
	if (redis_link_awaits_role(e->link))
		(void)redis_link_take_role(e->link, part);
	else if (e->sent_count == 0)
		lose(e, redis_failure_unasked());
	else
		take_answer(e, part);
}

/* Once for all answers that one read has brought. */
static void on_read_end(void *arg)
{
	struct redis_events *e = arg;

	if (!is_free(e))
		return;
	if (!list_is_empty(&e->refused)) {
		end_refused(e);
		return;
	}
	if (list_is_empty(&e->waiting))
		tell_lost(e, "events reach the app again");
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
	if (!event_pending(e->retry, EV_TIMEOUT, NULL))
		lose(e, redis_failure_make(REDIS_FAILURE_MOVED, reason));
	redis_outage_hurry(&e->outage);
	timer_arm(e->retry, 0, "redis");
}

/* --- for its owner --- */

void redis_events_post(struct redis_events *e, struct app_event *event)
{
	if (e->bytes + event->bytes > APP_EVENTS_WAITING_MAX) {
		count_lost(e, "too many wait");
		free(event);
		return;
	}
	list_add(&e->waiting, &event->link);
	e->bytes += event->bytes;
	metrics_set(e->main, METRIC_EVENTS_WAITING, e->bytes);
	go_on(e);
}

bool redis_events_are_leaving(const struct redis_events *e)
{
	return e->bytes > 0 && !redis_link_is_closed(e->link);
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
	const struct redis_outage_words words = { REDIS_CONNECTION_EVENTS,
		"events: connection lost", "events: cannot connect",
		conf_redis_name(source) };
	struct redis_events *e = xcalloc(1, sizeof *e);
	struct redis_link_options link = {
		.find = redis_places_find(places, REDIS_PLACE_EVENTS),
		.role = redis_places_rule(places),
		.max_string = STRING_MAX,
	};

	read_conf(e, &options->conf->events);
	link.database = e->stream ? redis_find_database(link.find) : 0;
	e->find = link.find;
	e->main = options->metrics;
	e->beat_ms = source->heartbeat_ms;
	list_init(&e->waiting);
	list_init(&e->sent);
	list_init(&e->refused);
	redis_outage_init(&e->outage, words, metrics, source->reconnect_min_ms,
	    source->reconnect_max_ms);
	redis_follow_init(&e->follow, e->find, conf_has_cluster(source));
	e->retry = timer_new(base, on_retry, e, "redis");
	e->beat = timer_new(base, on_beat, e, "redis");
	e->link = redis_link_new(base, &link, &sink, e);
	redis_link_open(e->link);
	return e;
}

void redis_events_free(struct redis_events *e)
{
	if (!e)
		return;
	lose_all(e, &e->sent, "the gateway ends");
	lose_all(e, &e->refused, "the gateway ends");
	lose_all(e, &e->waiting, "the gateway ends");
	tell_lost(e, "events were lost at the end");
	redis_link_free(e->link);
	event_free(e->retry);
	event_free(e->beat);
	free(e);
}
