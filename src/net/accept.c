#include "net/accept.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/listener.h"
#include "net/net_shared.h"
#include "net/upgrade.h"
#include "sys/intake.h"
#include "sys/listen.h"
#include "sys/timer.h"

enum {
	ACCEPT_BATCH = 32, /* a storm shares the turn with the messages */
	SHARED_BATCH = 4,  /* of a socket that other workers watch, too */
	SHARE_SLACK = 4,   /* connections, and this part of a share, that a */
	SHARE_SLACK_PART = 16, /* worker may have beyond it */
	STEP_BACK_MS = 2,      /* then it accepts nevertheless */
	EVERYBODY = 4096,      /* all that the kernel's queue may hold */
};

/* One worker's share. */
struct accepting {
	struct intake intake;              /* of all doors together */
	const struct listeners *listeners; /* borrowed */
	size_t count;
	struct door {
		struct worker *worker;
		unsigned index;      /* among the listeners, and conf.listen */
		bool is_shared;      /* all workers accept from this socket */
		bool is_inherited;   /* and so does the next process */
		struct event *event; /* owned */
		struct event *step_back_timer; /* owned */
	} doors[];
};

static struct accepting *accepting_of(const struct worker *w)
{
	const struct net_worker *n = w->net;

	return n->accepting;
}

static void shut_doors(void *arg)
{
	struct accepting *a = accepting_of(arg);

	for (size_t i = 0; i < a->count; i++)
		(void)event_del(a->doors[i].event);
}

static bool open_doors(void *arg)
{
	struct accepting *a = accepting_of(arg);
	bool is_open = true;

	for (size_t i = 0; i < a->count; i++)
		if (event_add(a->doors[i].event, NULL) < 0)
			is_open = false;
	return is_open;
}

static void say_again(void *arg)
{
	const struct worker *w = arg;

	log_info(LOG_LISTENER, "accepting again", kv_int("worker", w->index));
}

static const struct intake_ops intake_ops = {
	.component = "listener",
	.shut = shut_doors,
	.open = open_doors,
	.say_again = say_again,
};

void accept_on_closed(struct worker *w)
{
	struct accepting *a = accepting_of(w);

	if (a && a->intake.is_paused)
		intake_resume(&a->intake);
}

/* Returns whether to go on accepting. */
static bool accept_failed(struct worker *w, int error)
{
	struct accepting *a = accepting_of(w);

	if (!listen_is_starved(error))
		return error != EAGAIN;
	if (intake_starve(&a->intake)) {
		metrics_inc(&w->metrics, METRIC_ACCEPT_PAUSES);
		log_error(LOG_LISTENER, "accepting pauses: out of files",
		    kv_str("error", strerror(error)),
		    kv_int("worker", w->index),
		    kv_int("connections", w->conn_count));
	}
	intake_pause(&a->intake);
	return false;
}

/* By the configuration of now; NULL: plain. */
static struct tls_server *tls_of(const struct door *door)
{
	const struct worker *w = door->worker;

	return w->conf->listen.items[door->index].tls.certificate
		   ? listeners_tls(accepting_of(w)->listeners, door->index)
		   : NULL;
}

static void accepted(struct door *door, int fd)
{
	struct worker *w = door->worker;
	struct conn *c = conn_new(w, fd);

	metrics_inc(&w->metrics, METRIC_ACCEPTED);
	metrics_inc(
	    &w->metrics, metrics_at(METRIC_LISTENER_ACCEPTED, door->index));
	if (c) {
		upgrade_start(c, door->index, tls_of(door));
	} else {
		metrics_inc(&w->metrics, METRIC_HANDSHAKE_ABANDONED);
		(void)close(fd);
	}
}

/*
 * Whether this worker has its share, and a little more, of all clients: of
 * those who accept from one socket the quickest would get most of them. It
 * lets the others go first, for a moment only, so that one that is stuck
 * holds nobody up.
 */
static bool has_its_share(const struct door *door)
{
	const struct worker *w = door->worker;
	const struct net_shared *shared = w->shared->net;
	size_t all = atomic_load(&w->shared->connections);
	size_t share = all / shared->worker_count;

	return w->conn_count > share + share / SHARE_SLACK_PART + SHARE_SLACK;
}

static void step_back(struct door *door)
{
	(void)event_del(door->event);
	timer_arm(door->step_back_timer, STEP_BACK_MS, "listener");
}

/* Up to max of those who wait; for the first one without a look. */
static void accept_up_to(struct door *door, int max)
{
	struct worker *w = door->worker;
	struct worker_shared *s = w->shared;
	int listening = event_get_fd(door->event);

	/* Who still comes by that socket waits for the next process. */
	if (door->is_inherited && atomic_load(&s->is_draining))
		return;
	for (int i = 0; i < max; i++) {
		int fd;

		if (i > 0 && !listen_has_caller(listening))
			return;
		if (atomic_load(&s->connections) >=
		    s->max_connections + ACCEPT_REFUSALS_MAX) {
			intake_pause(&accepting_of(w)->intake);
			return;
		}
		fd = accept4(
		    listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			accepted(door, fd);
		else if (!accept_failed(w, errno))
			return;
	}
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct door *door = arg;

	(void)fd;
	(void)what;
	if (door->is_shared && has_its_share(door))
		step_back(door);
	else
		accept_up_to(
		    door, door->is_shared ? SHARED_BATCH : ACCEPT_BATCH);
}

/* The moment is over: now it is this worker's turn, if nobody took it. */
static void on_stepped_back(evutil_socket_t fd, short what, void *arg)
{
	struct door *door = arg;
	struct intake *intake = &accepting_of(door->worker)->intake;

	(void)fd;
	(void)what;
	if (intake->is_paused)
		return; /* opened again behind the pause */
	if (event_add(door->event, NULL) < 0)
		intake_pause(intake);
	else
		accept_up_to(door, 1);
}

static int open_door(struct door *door, struct worker *w,
    const struct listeners *l, unsigned index)
{
	door->worker = w;
	door->index = index;
	door->is_shared = listeners_is_shared(l, index);
	door->is_inherited = listeners_is_inherited(l, index);
	door->event = event_new(w->base, listeners_fd(l, index, w->index),
	    EV_READ | EV_PERSIST, on_acceptable, door);
	door->step_back_timer =
	    timer_new(w->base, on_stepped_back, door, "listener");
	return door->event && event_add(door->event, NULL) == 0 ? 0 : -ENOMEM;
}

struct accepting *accept_start(struct worker *w, const struct listeners *l)
{
	size_t count = listeners_count(l);
	struct accepting *a =
	    xcalloc(1, sizeof *a + count * sizeof a->doors[0]);

	intake_init(&a->intake, w->base, &intake_ops, w);
	a->listeners = l;
	a->count = count;
	for (unsigned i = 0; i < count; i++)
		if (open_door(&a->doors[i], w, l, i) < 0) {
			accept_free(a);
			return NULL;
		}
	return a;
}

void accept_stop(struct worker *w)
{
	struct accepting *a = accepting_of(w);

	for (size_t i = 0; a && i < a->count; i++) {
		if (a->doors[i].is_inherited)
			continue;
		accept_up_to(&a->doors[i], EVERYBODY);
		(void)shutdown(event_get_fd(a->doors[i].event), SHUT_RDWR);
	}
}

void accept_free(struct accepting *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++) {
		if (a->doors[i].event)
			event_free(a->doors[i].event);
		if (a->doors[i].step_back_timer)
			event_free(a->doors[i].step_back_timer);
	}
	intake_fini(&a->intake);
	free(a);
}
