#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "net/net.h"
#include "sys/listen.h"

enum {
	BACKLOG = 4096,        /* the kernel cuts it to net.core.somaxconn */
	ACCEPT_BATCH = 32,     /* a storm shares the turn with the messages */
	PAUSE_MS = 100,        /* then accepting is tried again */
	REFUSALS_WAITING = 64, /* connections over the limit that hear why */
};

struct listeners {
	size_t count;
	unsigned worker_count;
	struct listening {
		const char *address; /* borrowed from the conf */
		char actual[LISTEN_TEXT_MAX];
		bool is_shared;
		int *fds; /* owned; one a worker, or the first for all */
	} items[];
};

/* One worker's share. */
struct accepting {
	struct event **events; /* owned; one a listen address */
	size_t count;
	struct event *pause_timer; /* owned */
	bool is_paused;
	bool is_starved; /* paused for want of files; said in the log */
};

/* --- opening --- */

/*
 * SO_REUSEPORT would let a second process of the same user share the port
 * unnoticed: a first bind without it finds that out, and the number for :0.
 */
static int open_tcp(struct listening *l, const struct listen_options *options,
    unsigned count, struct err *e)
{
	struct listen_options alone = *options;
	int fd;

	alone.reuse_port = false;
	fd = listen_open(l->address, &alone, l->actual, e);
	if (fd < 0)
		return fd;
	(void)close(fd);
	for (unsigned i = 0; i < count; i++) {
		l->fds[i] = listen_open(l->actual, options, l->actual, e);
		if (l->fds[i] < 0)
			return l->fds[i];
	}
	return 0;
}

static int open_one(
    struct listening *l, const struct conf *conf, unsigned count, struct err *e)
{
	const struct listen_options options = {
		.reuse_port = true,
		.send_buffer = (int)conf->delivery.socket_buffer,
		.backlog = BACKLOG,
	};

	l->fds = xmalloc(count * sizeof *l->fds);
	for (unsigned i = 0; i < count; i++)
		l->fds[i] = -1;
	l->is_shared = listen_is_unix(l->address);
	if (!l->is_shared)
		return open_tcp(l, &options, count, e);
	l->fds[0] = listen_open(l->address, &options, l->actual, e);
	return l->fds[0] < 0 ? l->fds[0] : 0;
}

int listeners_open(const struct conf *conf, unsigned worker_count,
    struct listeners **out, struct err *e)
{
	size_t count = conf->listen.count;
	struct listeners *l =
	    xcalloc(1, sizeof *l + count * sizeof l->items[0]);

	l->worker_count = worker_count;
	for (size_t i = 0; i < count; i++) {
		int error;

		l->items[i].address = conf->listen.items[i].address;
		l->count++;
		error = open_one(&l->items[i], conf, worker_count, e);
		if (error < 0) {
			listeners_free(l);
			return error;
		}
		log_info("listener", "listening",
		    kv_str("address", l->items[i].actual),
		    kv_int("workers", worker_count));
	}
	*out = l;
	return 0;
}

const char *listeners_first(const struct listeners *l)
{
	return l->items[0].actual;
}

void listeners_free(struct listeners *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++) {
		struct listening *item = &l->items[i];

		for (unsigned j = 0; j < l->worker_count; j++)
			if (item->fds[j] >= 0)
				(void)close(item->fds[j]);
		if (item->is_shared && item->fds[0] >= 0)
			listen_remove(item->address);
		free(item->fds);
	}
	free(l);
}

/* --- accepting --- */

static void pause_accepting(struct worker *w)
{
	struct accepting *a = w->listeners;
	const struct timeval delay = { 0, PAUSE_MS * 1000 };

	if (a->is_paused)
		return;
	a->is_paused = true;
	for (size_t i = 0; i < a->count; i++)
		(void)event_del(a->events[i]);
	(void)event_add(a->pause_timer, &delay);
}

static void resume_accepting(struct worker *w)
{
	struct accepting *a = w->listeners;

	a->is_paused = false;
	(void)event_del(a->pause_timer);
	for (size_t i = 0; i < a->count; i++)
		(void)event_add(a->events[i], NULL);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	resume_accepting(arg);
}

void listener_on_closed(struct worker *w)
{
	struct accepting *a = w->listeners;

	if (a && a->is_paused)
		resume_accepting(w);
}

/* Returns whether to go on accepting. */
static bool accept_failed(struct worker *w, int error)
{
	struct accepting *a = w->listeners;

	switch (error) {
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		if (!a->is_starved) {
			metrics_inc(&w->metrics, METRIC_ACCEPT_PAUSES);
			log_error("listener", "accepting pauses: out of files",
			    kv_str("error", strerror(error)),
			    kv_int("worker", w->index),
			    kv_int("connections", w->conn_count));
		}
		a->is_starved = true;
		pause_accepting(w);
		return false;
	default: /* the peer's own trouble: ECONNABORTED, EPROTO, ... */
		return true;
	}
}

static void accepted(struct worker *w, int fd)
{
	struct accepting *a = w->listeners;
	struct conn *c = conn_new(w, fd);

	if (a->is_starved) {
		a->is_starved = false;
		log_info(
		    "listener", "accepting again", kv_int("worker", w->index));
	}
	metrics_inc(&w->metrics, METRIC_ACCEPTED);
	if (!c) {
		(void)close(fd);
		return;
	}
	upgrade_start(c);
}

static void accept_up_to(struct worker *w, int fd, int max)
{
	struct worker_shared *s = w->shared;

	for (int i = 0; i < max; i++) {
		int client;

		if (atomic_load(&s->connections) >=
		    s->max_connections + REFUSALS_WAITING) {
			pause_accepting(w);
			return;
		}
		client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client >= 0)
			accepted(w, client);
		else if (!accept_failed(w, errno))
			return;
	}
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	accept_up_to(arg, fd, ACCEPT_BATCH);
}

static void free_accepting(struct accepting *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++)
		if (a->events[i])
			event_free(a->events[i]);
	if (a->pause_timer)
		event_free(a->pause_timer);
	free(a->events);
	free(a);
}

int listener_start(struct worker *w, void *listeners)
{
	struct listeners *l = listeners;
	struct accepting *a = xcalloc(1, sizeof *a);

	w->listeners = a;
	a->count = l->count;
	a->events = xcalloc(l->count, sizeof(*a->events));
	a->pause_timer = event_new(w->base, -1, 0, on_pause_over, w);
	if (!a->pause_timer)
		return -ENOMEM;
	for (size_t i = 0; i < l->count; i++) {
		const struct listening *item = &l->items[i];

		a->events[i] = event_new(w->base,
		    item->fds[item->is_shared ? 0 : w->index],
		    EV_READ | EV_PERSIST, on_acceptable, w);
		if (!a->events[i] || event_add(a->events[i], NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Who is already in the kernel's queue is let in once more, to hear 503
 * instead of a reset; from then on the kernel refuses. listeners_free closes.
 */
void listener_stop(struct worker *w)
{
	struct accepting *a = w->listeners;

	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++) {
		int fd = event_get_fd(a->events[i]);

		accept_up_to(w, fd, BACKLOG);
		(void)shutdown(fd, SHUT_RDWR);
	}
	listener_fini(w);
}

void listener_fini(struct worker *w)
{
	free_accepting(w->listeners);
	w->listeners = NULL;
}
