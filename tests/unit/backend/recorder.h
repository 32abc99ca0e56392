/*
 * recorder: a sink that writes down what a backend tells it, and an event
 * loop that runs until it has told enough. Each test has its own.
 */
#ifndef RECORDER_H
#define RECORDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "unit.h"

enum { RECORDER_DEADLINE_MS = 10000 };

struct recorder {
	struct event_base *base;
	const struct backend_ops *ops;
	struct backend *backend;
	struct conf conf;
	struct metrics *metrics;
	struct buf told; /* one line for each call, NUL-terminated */
	size_t messages;
	size_t batches;
	size_t payload_bytes;
	enum backend_state state;
	bool is_quiet;      /* messages are only counted */
	size_t pause_after; /* that many messages pause the backend; 0: none */
};

static inline void recorder_tell(
    struct recorder *r, const char *what, struct slice a, struct slice b)
{
	buf_printf(&r->told, "%s", what);
	if (a.len > 0)
		buf_putn(&r->told, a.ptr, a.len);
	if (b.ptr) {
		buf_puts(&r->told, "=");
		buf_putn(&r->told, b.ptr, b.len);
	}
	buf_puts(&r->told, "\n");
	buf_putn(&r->told, "", 1);
	r->told.len--;
}

static inline struct backend_verdict recorder_check_message(
    void *arg, const struct backend_message *m)
{
	(void)arg, (void)m;
	return (struct backend_verdict){ true, NULL };
}

static inline struct backend_verdict recorder_on_message(
    void *arg, const struct backend_message *m)
{
	struct slice payload = m->payload;
	struct recorder *r = arg;

	r->messages++;
	r->payload_bytes += payload.len;
	if (!r->is_quiet)
		recorder_tell(r, "message ", m->channel,
		    slice_of(payload.ptr ? payload.ptr : "", payload.len));
	if (r->messages == r->pause_after)
		r->ops->set_paused(r->backend, true);
	if (payload.len > r->conf.limits.payload)
		return (struct backend_verdict){ false, "too large" };
	return (struct backend_verdict){ true, NULL };
}

static inline void recorder_on_batch_end(void *arg)
{
	struct recorder *r = arg;

	r->batches++;
}

static inline void recorder_on_state(void *arg, enum backend_state state)
{
	static const char *const names[] = { "down", "partly", "up" };
	struct recorder *r = arg;

	ck_assert(state != r->state);
	r->state = state;
	recorder_tell(r, names[state], slice_of(NULL, 0), slice_of(NULL, 0));
}

static inline void recorder_on_watched(void *arg, struct slice room)
{
	recorder_tell(arg, "watched ", room, slice_of(NULL, 0));
}

static inline void recorder_on_refused(void *arg, struct slice room)
{
	recorder_tell(arg, "refused ", room, slice_of(NULL, 0));
}

static inline void recorder_on_gap(void *arg, enum conf_gap answer)
{
	(void)answer;
	recorder_tell(arg, "gap", slice_of(NULL, 0), slice_of(NULL, 0));
}

static inline void recorder_on_mark(void *arg, struct slice id)
{
	(void)id;
	recorder_tell(arg, "mark", slice_of(NULL, 0), slice_of(NULL, 0));
}

static inline void recorder_on_void(void *arg)
{
	recorder_tell(arg, "void", slice_of(NULL, 0), slice_of(NULL, 0));
}

static inline void recorder_on_barrier(void *arg)
{
	recorder_tell(arg, "barrier", slice_of(NULL, 0), slice_of(NULL, 0));
}

static inline void recorder_on_off(void *arg)
{
	recorder_tell(arg, "off", slice_of(NULL, 0), slice_of(NULL, 0));
}

/* A recorder with the usual channels and quick timers; no backend yet. */
static inline void recorder_init(
    struct recorder *r, const struct backend_ops *ops)
{
	static char send[] = "t:send", broadcast[] = "t:broadcast",
		    control[] = "", prefix[] = "t:room:";

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	*r = (struct recorder){ .ops = ops, .base = event_base_new() };
	r->metrics = aligned_alloc(64, sizeof *r->metrics);
	memset(r->metrics, 0, sizeof *r->metrics);
	r->conf.channels.send = send;
	r->conf.channels.broadcast = broadcast;
	r->conf.channels.control = control;
	r->conf.channels.room_prefix = prefix;
	r->conf.redis.reconnect_min_ms = 20;
	r->conf.redis.reconnect_max_ms = 100;
	r->conf.redis.heartbeat_ms = 300;
	r->conf.limits.payload = 100000;
	recorder_tell(r, "", slice_of(NULL, 0), slice_of(NULL, 0));
}

static inline void recorder_open(struct recorder *r)
{
	static const struct backend_sink sink = {
		.on_message = recorder_on_message,
		.check_message = recorder_check_message,
		.on_batch_end = recorder_on_batch_end,
		.on_state = recorder_on_state,
		.on_watched = recorder_on_watched,
		.on_refused = recorder_on_refused,
		.on_gap = recorder_on_gap,
		.on_mark = recorder_on_mark,
		.on_void = recorder_on_void,
		.on_barrier = recorder_on_barrier,
		.on_off = recorder_on_off,
	};
	const struct backend_options options = {
		.conf = &r->conf,
		.source = conf_source(&r->conf, 0),
		.metrics = r->metrics,
		.sink = &sink,
		.arg = r,
	};
	struct err e = { "" };
	int rc = r->ops->open(&r->backend, r->base, &options, &e);

	ck_assert_msg(rc == 0, "open: %s", e.text);
}

static inline void recorder_watch(struct recorder *r, const char *room)
{
	r->ops->watch_room(r->backend, slice_str(room));
}

static inline void recorder_unwatch(struct recorder *r, const char *room)
{
	r->ops->unwatch_room(r->backend, slice_str(room));
}

/* Rooms many0, many1 and so on. */
static inline void recorder_watch_many(struct recorder *r, int count)
{
	char room[32];

	for (int i = 0; i < count; i++) {
		(void)snprintf(room, sizeof room, "many%d", i);
		recorder_watch(r, room);
	}
}

/* Close the backend; what it left to the loop gets its turns. */
static inline void recorder_fini(struct recorder *r)
{
	size_t told = r->told.len;

	r->ops->close(r->backend);
	for (int i = 0; i < 3; i++)
		event_base_loop(r->base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(r->told.len, told);
	event_base_free(r->base);
	buf_fini(&r->told);
	free(r->metrics);
}

/* Wait for one event at most, and that not longer than ms. */
static inline void recorder_turn(struct recorder *r, int ms)
{
	const struct timeval delay = { ms / 1000, (ms % 1000) * 1000 };

	event_base_loopexit(r->base, &delay);
	event_base_loop(r->base, EVLOOP_ONCE);
}

/* For what must not happen: run for all of this time. */
static inline void recorder_run_for(struct recorder *r, int ms)
{
	int64_t end = clock_ms() + ms;

	while (clock_ms() < end)
		recorder_turn(r, (int)(end - clock_ms()) + 1);
}

/* Open it and close it again, each time a turn of the loop later. */
static inline void recorder_close_at_any_moment(struct recorder *r)
{
	for (int turns = 0; turns < 40; turns++) {
		recorder_open(r);
		if (r->ops->needs_watch(&r->conf))
			recorder_watch(r, "a");
		for (int i = 0; i < turns; i++)
			event_base_loop(r->base, EVLOOP_NONBLOCK);
		r->ops->close(r->backend);
		r->state = BACKEND_DOWN;
	}
}

/* How often a line was told. */
static inline size_t recorder_count(const struct recorder *r, const char *line)
{
	char needle[300];
	size_t count = 0;

	(void)snprintf(needle, sizeof needle, "\n%s\n", line);
	for (const char *at = r->told.data; (at = strstr(at, needle)); at++)
		count++;
	return count;
}

static inline uint64_t recorder_metric(const struct recorder *r, enum metric id)
{
	return metrics_sum(&r->metrics, 1, id);
}

/* Run the loop until the condition holds; fail the test when it never does. */
#define recorder_until(r, condition)                                           \
	do {                                                                   \
		int64_t end_ = clock_ms() + RECORDER_DEADLINE_MS;              \
		while (!(condition)) {                                         \
			ck_assert_msg(clock_ms() < end_, "never: %s; told:%s", \
			    #condition, (r)->told.data);                       \
			recorder_turn(r, 5);                                   \
		}                                                              \
	} while (0)

/* Open the backend and wait until it is up. */
static inline void recorder_come_up(struct recorder *r)
{
	recorder_open(r);
	recorder_until(r, r->state == BACKEND_UP);
}

#endif
