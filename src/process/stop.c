#include "process/stop.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/hub.h"
#include "core/worker.h"
#include "sys/notify.h"
#include "sys/timer.h"

enum { LOOK_MS = 500 }; /* once the drain is over */

struct stop {
	const struct conf *conf;
	struct worker_shared *shared;
	struct hub *hub;
	struct event *timer; /* owned; the end of delay, then of drain */
	const char *signal;  /* what has begun it; NULL: nothing */
};

static void drain(struct stop *s)
{
	atomic_store(&s->shared->is_draining, true);
	log_info(LOG_MAIN, "draining", kv_str("signal", s->signal),
	    kv_int(
		"connections", (int64_t)atomic_load(&s->shared->connections)),
	    kv_int("drain_ms", s->conf->shutdown.drain_ms));
	hub_drain(s->hub);
	timer_arm(s->timer, s->conf->shutdown.drain_ms, "main");
}

/*
 * A worker that does not answer would be waited for until somebody kills the
 * process: it goes without, once all others have had their time.
 */
static void leave_if_stuck(struct stop *s)
{
	int worker = hub_find_stuck(s->hub);

	if (worker >= 0) {
		log_error(LOG_MAIN, "a worker is stuck: exiting without it",
		    kv_int("worker", worker));
		_Exit(EXIT_FAILURE);
	}
	timer_arm(s->timer, LOOK_MS, "main");
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct stop *s = arg;

	(void)fd, (void)what;
	if (atomic_load(&s->shared->is_draining))
		leave_if_stuck(s);
	else
		drain(s);
}

struct stop *stop_new(struct event_base *base, const struct conf *conf,
    struct worker_shared *shared, struct hub *hub)
{
	struct stop *s = xcalloc(1, sizeof *s);

	s->conf = conf;
	s->shared = shared;
	s->hub = hub;
	s->timer = timer_new(base, on_timer, s, "main");
	return s;
}

void stop_use_conf(struct stop *s, const struct conf *conf)
{
	s->conf = conf;
}

/* Who asks once more hears what it waits for. */
static void tell_again(const struct stop *s, const char *signal)
{
	bool is_draining = atomic_load(&s->shared->is_draining);

	log_info(LOG_MAIN, "stopping already", kv_str("signal", signal),
	    kv_str("begun_by", s->signal),
	    kv_str("phase", is_draining ? "draining" : "stopping"),
	    kv_int(
		"connections", (int64_t)atomic_load(&s->shared->connections)));
}

void stop_begin(struct stop *s, const char *signal)
{
	int64_t delay_ms = s->conf->shutdown.delay_ms;

	if (s->signal) {
		tell_again(s, signal);
		return;
	}
	s->signal = signal;
	atomic_store(&s->shared->is_stopping, true);
	notify_send("STOPPING=1");
	if (delay_ms == 0) {
		drain(s);
		return;
	}
	log_info(LOG_MAIN, "stopping: not ready, still accepting",
	    kv_str("signal", signal), kv_int("delay_ms", delay_ms));
	timer_arm(s->timer, delay_ms, "main");
}

void stop_free(struct stop *s)
{
	if (!s)
		return;
	event_free(s->timer);
	free(s);
}
