/*
 * redis_stream: a connection, and the redis_tail that says what to ask on it.
 * One command is under way at a time; an answer that does not come, or does not
 * go on, ends the connection.
 */
#include "backend/redis_stream.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_moved.h"
#include "backend/redis_outage.h"
#include "backend/redis_stream_sink.h"
#include "backend/redis_stream_state.h"
#include "backend/redis_tail.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "proto/resp_items.h"
#include "sys/timer.h"

enum {
	BLOCK_MAX_MS = 2000,
	PATIENCE_MS = 3000, /* with an answer, beyond what it may wait */
};

struct redis_stream {
	struct redis_stream_options options;
	struct metrics *metrics;
	struct redis_stream_sink told;
	struct redis_link *link; /* owned */
	struct redis_tail tail;
	struct redis_stream_state state;
	struct redis_moved moved;
	struct redis_outage outage;
	struct event *retry;    /* owned; timer, while down */
	struct event *deadline; /* owned; timer, of the answer */
	int64_t opened_ms;
	int64_t role_ms; /* when the server was asked for its role */
	bool is_up;
	bool is_paused;
	bool has_booted;
	bool is_asked;       /* for a barrier */
	bool is_barrier_on;  /* what is asked now, was asked after it */
	bool is_role_behind; /* that answer comes after the one of now */
};

/* What the server is called in the log. */
static const char *shown(const struct redis_stream *s)
{
	return redis_find_shown(s->options.link.find);
}

/* --- up and down --- */

static void set_up(struct redis_stream *s, bool is_up)
{
	if (s->is_up == is_up)
		return;
	s->is_up = is_up;
	metrics_set(s->metrics, METRIC_STREAM_UP, is_up);
	s->told.sink->on_state(s->told.arg, is_up);
}

/* End the connection and try again later. Callers return at once. */
static void lose(struct redis_stream *s, const struct redis_failure *why)
{
	bool was_up = s->is_up;

	redis_link_close(s->link);
	redis_moved_end(&s->moved);
	(void)event_del(s->deadline);
	timer_arm(s->retry,
	    redis_outage_fail(&s->outage, was_up, shown(s), why), "redis");
	metrics_inc(
	    s->metrics, was_up ? METRIC_STREAM_LOST : METRIC_STREAM_FAILED);
	if (!s->has_booted && s->tail.is_marked) /* so far */
		redis_stream_sink_mark(&s->told, &s->tail.last);
	set_up(s, false);
}

static void lose_by(struct redis_stream *s, const char *reason)
{
	const struct redis_failure why = redis_failure_make(reason);

	lose(s, &why);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	lose_by(arg, "the server does not answer");
}

void redis_stream_open(struct redis_stream *s)
{
	s->opened_ms = clock_ms();
	redis_link_open(s->link);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	redis_stream_open(arg);
}

void redis_stream_move(struct redis_stream *s, const char *reason)
{
	if (!event_pending(s->retry, EV_TIMEOUT, NULL))
		lose_by(s, reason);
	redis_outage_hurry(&s->outage);
	timer_arm(s->retry, 0, "redis");
}

/* --- questions --- */

static void await(struct redis_stream *s)
{
	int64_t wait_ms =
	    s->tail.ask == TAIL_ASK_NEWS ? s->tail.options.block_ms : 0;

	if (!s->is_paused)
		timer_arm(s->deadline, wait_ms + PATIENCE_MS, "redis");
}

/* At each heartbeat, ahead of the next question, which waits at most as long. */
static int ask_role(struct redis_stream *s)
{
	int64_t now_ms = clock_ms();

	if (now_ms - s->role_ms < s->options.conf->redis.heartbeat_ms ||
	    redis_link_awaits_role(s->link))
		return 0;
	s->role_ms = now_ms;
	redis_moved_ask(&s->moved);
	return redis_link_ask_role(s->link);
}

static void ask_next(struct redis_stream *s)
{
	struct tail_command c;

	redis_tail_next(&s->tail, &c);
	s->is_barrier_on =
	    s->is_barrier_on || (s->is_asked && s->tail.ask != TAIL_ASK_NEWS);
	if (ask_role(s) < 0 ||
	    redis_link_send(s->link, c.arguments, c.count) < 0)
		lose_by(s, "out of memory");
	else
		await(s);
}

void redis_stream_ask_barrier(struct redis_stream *s)
{
	s->is_asked = true;
}

/* --- what it reads --- */

static void on_entry(void *arg, const struct redis_entry *e, bool is_past)
{
	struct redis_stream *s = arg;

	redis_stream_sink_entry(&s->told, e, is_past);
}

static void on_mark(void *arg, const struct place *p)
{
	struct redis_stream *s = arg;

	redis_stream_sink_mark(&s->told, p);
}

static void on_void(void *arg)
{
	struct redis_stream *s = arg;

	s->is_asked = false;
	s->is_barrier_on = false;
	redis_stream_sink_void(&s->told);
}

static void on_hole(void *arg)
{
	struct redis_stream *s = arg;

	redis_stream_sink_hole(&s->told);
}

/* The end of the boot read is told by the name of where that has led. */
static void end_boot(struct redis_stream *s)
{
	s->has_booted = true;
	redis_stream_sink_mark(&s->told, &s->tail.last);
	log_info("stream", "read from where the history begins",
	    kv_str("key", s->options.conf->history.stream),
	    kv_int("entries", (int64_t)s->told.past_count),
	    kv_int("took_ms", clock_ms() - s->opened_ms));
}

static void on_read(void *arg, bool is_all)
{
	struct redis_stream *s = arg;

	redis_stream_state_read(&s->state, &s->tail.last, is_all);
	if (!s->has_booted)
		end_boot(s);
	if (!s->is_up) {
		log_info("stream", "connected", kv_str("address", shown(s)),
		    kv_int("down_ms", redis_outage_end(&s->outage)));
		set_up(s, true);
	}
	if (is_all && s->is_barrier_on) {
		s->is_asked = false;
		s->is_barrier_on = false;
		s->told.sink->on_barrier(s->told.arg);
	}
}

/* --- how the stream is --- */

static void on_info(void *arg, const struct redis_stream_info *info)
{
	struct redis_stream *s = arg;

	redis_stream_state_show(&s->state, info);
}

static const struct redis_tail_sink tail_sink = {
	.on_entry = on_entry,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_hole = on_hole,
	.on_read = on_read,
	.on_info = on_info,
};

/* --- what the connection says --- */

static void on_moved(void *arg)
{
	lose_by(arg, "its name leads elsewhere by now");
}

static void on_ready(void *arg)
{
	struct redis_stream *s = arg;
	struct resolve_address peer;

	redis_link_peer(s->link, &peer);
	redis_moved_begin(&s->moved, &peer);
	s->is_barrier_on = false;
	s->is_role_behind = false;
	s->role_ms = clock_ms();
	redis_tail_connected(&s->tail);
	ask_next(s);
}

static void fail(struct redis_stream *s, int rc, const struct resp_part *part)
{
	const char *command = redis_tail_command_name(&s->tail);

	if (rc == -EREMOTEIO) {
		const struct redis_failure why = redis_failure_refused(
		    command, slice_of(NULL, 0), part->text);

		lose(s, &why);
		return;
	}
	lose_by(s, rc == -ENOMEM
		       ? "out of memory"
		       : "protocol error: not the answer that was asked for");
}

/* The answer has come: next, in its turn, is that about the role. */
static void take_turn(struct redis_stream *s)
{
	s->is_role_behind = false;
	ask_next(s);
}

/* A second question about the role is behind the one that was asked after. */
static void take_role(struct redis_stream *s, const struct resp_part *part)
{
	if (redis_link_take_role(s->link, part))
		s->is_role_behind = true;
}

static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_stream *s = arg;
	int rc;

	if (redis_link_awaits_role(s->link) && !s->is_role_behind) {
		take_role(s, part);
		return;
	}
	rc = redis_tail_take(&s->tail, part);
	if (rc == 1)
		take_turn(s);
	else if (rc < 0)
		fail(s, rc, part);
}

/* An answer that goes on to come may take its time. */
static void on_read_end(void *arg)
{
	struct redis_stream *s = arg;

	if (redis_link_is_ready(s->link))
		await(s);
	s->told.sink->on_batch_end(s->told.arg);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, why);
}

static const struct redis_link_sink link_sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_read_end = on_read_end,
	.on_lost = on_lost,
};

/* --- for its owner --- */

static void init_tail(struct redis_stream *s, const struct conf *conf)
{
	int64_t beat_ms = conf->redis.heartbeat_ms;
	const struct redis_tail_options options = {
		.key = slice_str(conf->history.stream),
		.memory = conf->history.memory,
		.max_age_ms = conf->history.max_age_ms,
		.block_ms = beat_ms < BLOCK_MAX_MS ? beat_ms : BLOCK_MAX_MS,
	};

	redis_tail_init(&s->tail, &options, &tail_sink, s);
}

struct redis_stream *redis_stream_new(struct event_base *base,
    const struct redis_stream_options *options, struct metrics *metrics,
    const struct backend_sink *sink, void *arg)
{
	static const struct redis_outage_words words = { "stream lost",
		"cannot read the stream" };
	struct redis_stream *s = xcalloc(1, sizeof *s);

	s->options = *options;
	s->metrics = metrics;
	s->told = (struct redis_stream_sink){ .conf = options->conf,
		.metrics = metrics,
		.sink = sink,
		.arg = arg };
	redis_stream_state_init(
	    &s->state, options->conf->history.stream, metrics);
	s->retry = evtimer_new(base, on_retry, s);
	s->deadline = evtimer_new(base, on_deadline, s);
	if (!s->retry || !s->deadline)
		fatal("redis", "cannot add an event: out of memory");
	redis_moved_init(&s->moved, options->link.find, on_moved, s);
	redis_outage_init(&s->outage, words,
	    options->conf->redis.reconnect_min_ms,
	    options->conf->redis.reconnect_max_ms);
	init_tail(s, options->conf);
	s->link = redis_link_new(base, &options->link, &link_sink, s);
	return s;
}

void redis_stream_free(struct redis_stream *s)
{
	if (!s)
		return;
	redis_moved_end(&s->moved);
	redis_link_free(s->link);
	redis_tail_fini(&s->tail);
	event_free(s->retry);
	event_free(s->deadline);
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
