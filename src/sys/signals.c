#include "sys/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { SAME_MS = 1000 };

static void on_stop(evutil_socket_t signal, short what, void *arg);
static void on_reload(evutil_socket_t signal, short what, void *arg);
static void on_state(evutil_socket_t signal, short what, void *arg);
static void on_other(evutil_socket_t signal, short what, void *arg);

static const struct row {
	int signal;
	event_callback_fn on_signal;
} rows[] = {
	{ SIGTERM, on_stop },
	{ SIGINT, on_stop },
	{ SIGQUIT, on_stop },
	{ SIGHUP, on_reload },
	{ SIGUSR1, on_state },
	{ SIGUSR2, on_other },
	{ SIGALRM, on_other },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

struct signals {
	const struct signals_sink *sink; /* borrowed */
	void *arg;
	int64_t stopped_ms;         /* when the first stop came; 0: none */
	struct event *events[ROWS]; /* owned */
};

static void on_stop(evutil_socket_t signal, short what, void *arg)
{
	const char *name = strsignal((int)signal);
	struct signals *s = arg;
	int64_t now_ms = clock_ms();

	(void)what;
	if (s->stopped_ms == 0) {
		s->stopped_ms = now_ms;
		s->sink->on_stop(s->arg, name);
	} else if (now_ms - s->stopped_ms < SAME_MS) {
		log_info(LOG_MAIN, "the same signal again: counts once",
		    kv_str("signal", name));
	} else {
		log_warn(LOG_MAIN, "second signal: exiting at once",
		    kv_str("signal", name));
		/*
		 * Threads are left as they are: nothing that looks at the end
		 * of a process shall find fault with them.
		 */
		_Exit(EXIT_FAILURE);
	}
}

static void on_reload(evutil_socket_t signal, short what, void *arg)
{
	struct signals *s = arg;

	(void)signal, (void)what;
	s->sink->on_reload(s->arg);
}

static void on_state(evutil_socket_t signal, short what, void *arg)
{
	struct signals *s = arg;

	(void)signal, (void)what;
	s->sink->on_state(s->arg);
}

static void on_other(evutil_socket_t signal, short what, void *arg)
{
	(void)what, (void)arg;
	log_info(LOG_MAIN, "a signal that means nothing here",
	    kv_str("signal", strsignal((int)signal)));
}

static void change_mask(int how, bool stops_too)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ROWS; i++)
		if (stops_too || rows[i].on_signal != on_stop)
			(void)sigaddset(&set, rows[i].signal);
	(void)pthread_sigmask(how, &set, NULL);
}

void signals_hold(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	change_mask(SIG_BLOCK, false);
}

struct signals *signals_open(struct event_base *base,
    const struct signals_sink *sink, void *arg, struct err *e)
{
	struct signals *s = xcalloc(1, sizeof *s);

	s->sink = sink;
	s->arg = arg;
	for (size_t i = 0; i < ROWS; i++) {
		s->events[i] =
		    evsignal_new(base, rows[i].signal, rows[i].on_signal, s);
		if (!s->events[i] || event_add(s->events[i], NULL) < 0) {
			signals_close(s);
			(void)err_set(e, -ENOMEM, "cannot watch signals");
			return NULL;
		}
	}
	change_mask(SIG_UNBLOCK, false);
	return s;
}

void signals_close(struct signals *s)
{
	if (!s)
		return;
	change_mask(SIG_BLOCK, true);
	for (size_t i = 0; i < ROWS; i++)
		if (s->events[i])
			event_free(s->events[i]);
	free(s);
}
