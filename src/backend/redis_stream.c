/*
 * redis_stream: a connection, and the redis_stream_reader that says what to
 * ask on it and takes what comes. One command is under way at a time; an answer
 * that does not come, or does not go on, ends the connection. Answers that
 * bring nothing are followed by more questions at once, but not for ever: where
 * they contradict each other, each would ask for the next.
 */
#include "backend/redis_stream.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_follow.h"
#include "backend/redis_moved.h"
#include "backend/redis_outage.h"
#include "backend/redis_stream_reader.h"
#include "backend/redis_turns.h"
#include "base/bucket.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "proto/resp_items.h"
#include "sys/timer.h"

enum {
	PATIENCE_MS = 3000,  /* with an answer, beyond what it may wait */
	FRUITLESS_MAX = 100, /* a second; three each time that none came */
	REST_MS = 100,       /* then */
	TELL_MS = 60000,
};

struct redis_stream {
	struct redis_find *find; /* borrowed */
	struct metrics *metrics;
	redis_stream_fn fn;
	void *arg;
	struct redis_stream_reader reader;
	struct redis_link *link; /* owned */
	struct redis_turns turns;
	struct redis_moved moved;
	struct redis_follow follow;
	struct redis_outage outage;
	struct event *deadline;  /* owned; timer, of the answer */
	struct event *rest;      /* owned; timer, until the next question */
	struct bucket fruitless; /* answers */
	int64_t told_ms;         /* when the log was told of these last */
	bool is_resting;
	bool is_up;
	bool is_paused;
	bool is_sent_on; /* by ASK, to where it connects now */
};

/* What the server is called in the log. */
static const char *shown(const struct redis_stream *s)
{
	return redis_find_shown(s->find);
}

/* --- up and down --- */

static void set_up(struct redis_stream *s, bool is_up)
{
	if (s->is_up == is_up)
		return;
	s->is_up = is_up;
	metrics_set(s->metrics, METRIC_STREAM_UP, is_up);
	s->fn(s->arg, is_up);
}

/* End the connection and try again later. Callers return at once. */
static void lose(struct redis_stream *s, struct redis_failure why)
{
	bool was_up = s->is_up;

	redis_link_close(s->link);
	redis_moved_end(&s->moved);
	s->is_sent_on = s->is_resting = false;
	(void)event_del(s->deadline);
	(void)event_del(s->rest);
	redis_outage_fail(&s->outage, was_up, shown(s), &why);
	metrics_inc(
	    s->metrics, was_up ? METRIC_STREAM_LOST : METRIC_STREAM_FAILED);
	redis_stream_reader_lose(&s->reader);
	set_up(s, false);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	lose(arg, redis_failure_make(
		      REDIS_FAILURE_TIMEOUT, "the server does not answer"));
}

void redis_stream_open(struct redis_stream *s)
{
	redis_stream_reader_open(&s->reader);
	redis_link_open(s->link);
}

static void attempt(void *arg)
{
	redis_stream_open(arg);
}

void redis_stream_move(struct redis_stream *s, const char *reason)
{
	if (!redis_outage_awaits(&s->outage))
		lose(s, redis_failure_make(REDIS_FAILURE_MOVED, reason));
	redis_outage_move(&s->outage);
}

/* --- questions --- */

static void await(struct redis_stream *s)
{
	int64_t wait_ms = redis_stream_reader_wait_ms(&s->reader);

	if (!s->is_paused)
		timer_arm(s->deadline, wait_ms + PATIENCE_MS, "redis");
}

static void ask_next(struct redis_stream *s)
{
	struct tail_command c;

	redis_stream_reader_next(&s->reader, &c);
	if (redis_turns_is_due(&s->turns))
		redis_moved_ask(&s->moved);
	if (redis_turns_send(&s->turns, c.arguments, c.count) < 0)
		lose(s, redis_failure_memory());
	else
		await(s);
}

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct redis_stream *s = arg;

	(void)fd, (void)what;
	s->is_resting = false;
	ask_next(s);
}

static void tell_of_rests(struct redis_stream *s)
{
	int64_t now_ms = clock_ms();

	if (s->told_ms != 0 && now_ms - s->told_ms < TELL_MS)
		return;
	s->told_ms = now_ms;
	log_warn(LOG_STREAM, "the server's answers lead nowhere",
	    kv_str("address", shown(s)),
	    kv_str("command", redis_tail_command_name(&s->reader.tail)));
}

/* All of an answer has come. */
static void go_on(struct redis_stream *s)
{
	if (s->reader.tail.is_fruitful ||
	    bucket_take(&s->fruitless, FRUITLESS_MAX, clock_ms())) {
		ask_next(s);
		return;
	}
	tell_of_rests(s);
	s->is_resting = true;
	timer_arm(s->rest, REST_MS, "redis");
}

void redis_stream_ask_barrier(struct redis_stream *s)
{
	redis_stream_reader_ask_barrier(&s->reader);
}

/* --- what comes --- */

static void come_up(struct redis_stream *s)
{
	int64_t down_ms = redis_outage_end(&s->outage, &s->moved.in_use);

	log_info(LOG_STREAM, "connected", kv_str("address", shown(s)),
	    kv_int("down_ms", down_ms));
	set_up(s, true);
}

/* A server has answered what was asked. */
static void on_read(void *arg)
{
	struct redis_stream *s = arg;

	redis_follow_arrive(&s->follow);
	if (!s->is_up)
		come_up(s);
}

static void on_moved(void *arg)
{
	lose(arg, redis_failure_moved());
}

static void on_ready(void *arg)
{
	struct redis_stream *s = arg;
	struct resolve_address peer;

	redis_link_peer(s->link, &peer);
	redis_moved_begin(&s->moved, &peer);
	redis_turns_begin(&s->turns, s->is_sent_on);
	redis_stream_reader_connect(&s->reader);
	ask_next(s);
}

/*
 * A node of a cluster may send us to another one, where we go at once. Each
 * time the pause grows that comes where such ways do not end.
 */
static void take_refusal(
    struct redis_stream *s, const char *command, struct slice error)
{
	struct redis_failure why;
	enum redis_follow_way way =
	    redis_follow_take(&s->follow, command, error, &why);

	lose(s, why);
	if (way == REDIS_FOLLOW_NOWHERE)
		return;
	redis_follow_go(&s->follow);
	s->is_sent_on = way == REDIS_FOLLOW_ASK;
	redis_outage_hurry(&s->outage);
}

static void fail(struct redis_stream *s, int rc, const struct resp_part *part)
{
	if (rc == -EREMOTEIO)
		take_refusal(
		    s, redis_tail_command_name(&s->reader.tail), part->text);
	else if (rc == -ENOMEM)
		lose(s, redis_failure_memory());
	else
		lose(s, redis_failure_unasked());
}

static void take(struct redis_stream *s, const struct resp_part *part)
{
	int rc =
	    s->is_resting ? -EPROTO : redis_tail_take(&s->reader.tail, part);

	if (rc < 0)
		fail(s, rc, part);
	if (rc != 1)
		return;
	redis_turns_end(&s->turns);
	go_on(s);
}

static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_stream *s = arg;
	enum redis_turn turn = redis_turns_take(&s->turns, part);

	if (turn == REDIS_TURN_COMMAND)
		take(s, part);
	else if (turn == REDIS_TURN_REFUSED)
		take_refusal(s, "ASKING", part->text);
}

/* An answer that goes on to come may take its time. */
static void on_read_end(void *arg)
{
	struct redis_stream *s = arg;

	if (redis_link_is_ready(s->link))
		await(s);
	s->reader.told.sink->on_batch_end(s->reader.told.arg);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, *why);
}

static const struct redis_link_sink link_sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_read_end = on_read_end,
	.on_lost = on_lost,
};

/* --- for its owner --- */

struct redis_stream *redis_stream_new(struct event_base *base,
    const struct redis_link_options *link,
    const struct backend_options *options, struct metrics *metrics,
    redis_stream_fn fn, void *arg)
{
	const struct conf_redis *source = options->source;
	struct redis_stream *s = xcalloc(1, sizeof *s);
	const struct redis_outage_options outage = {
		.connection = REDIS_CONNECTION_STREAM,
		.lost = "stream lost",
		.failed = "cannot read the stream",
		.min_ms = source->reconnect_min_ms,
		.max_ms = source->reconnect_max_ms,
		.attempt = attempt,
		.arg = s,
	};

	s->find = link->find;
	s->metrics = metrics;
	s->fn = fn;
	s->arg = arg;
	redis_stream_reader_init(&s->reader, options, metrics, on_read, s);
	s->deadline = timer_new(base, on_deadline, s, "redis");
	s->rest = timer_new(base, on_rested, s, "redis");
	redis_moved_init(&s->moved, s->find, on_moved, s);
	redis_follow_init(&s->follow, s->find, conf_has_cluster(source));
	redis_outage_init(&s->outage, base, &outage, metrics);
	s->link = redis_link_new(base, link, &link_sink, s);
	redis_turns_init(&s->turns, s->link, source->heartbeat_ms);
	return s;
}

void redis_stream_use_conf(struct redis_stream *s, const struct conf *conf)
{
	redis_stream_reader_use_conf(&s->reader, conf);
	redis_link_set_max(s->link, redis_tail_max_string(conf));
}

void redis_stream_free(struct redis_stream *s)
{
	if (!s)
		return;
	redis_moved_end(&s->moved);
	redis_link_free(s->link);
	redis_stream_reader_fini(&s->reader);
	redis_outage_fini(&s->outage);
	event_free(s->deadline);
	event_free(s->rest);
	free(s);
}

/* Silence of a server that nobody listens to says nothing. */
void redis_stream_set_paused(struct redis_stream *s, bool is_paused)
{
	s->is_paused = is_paused;
	redis_link_set_paused(s->link, is_paused);
	if (is_paused)
		(void)event_del(s->deadline);
	else if (redis_link_is_ready(s->link))
		await(s);
}
