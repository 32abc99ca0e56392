#include "net/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/metrics.h"
#include "net/admin_client.h"
#include "net/admin_recent.h"
#include "net/admin_token.h"
#include "sys/intake.h"
#include "sys/listen.h"

enum {
	BACKLOG = 4096, /* the kernel cuts it to net.core.somaxconn */
	ACCEPT_BATCH = 8,
	QUIET_MS = 500, /* since its last answer: it may lose its place */
};

struct admin {
	struct admin_view view;
	struct admin_recent *recent; /* owned */
	struct admin_token token;
	struct event_base *base; /* borrowed */
	struct listen_place place;
	int listening;        /* owned */
	int spare;            /* owned: the listener once more; -1: in use */
	struct event *door;   /* owned; readable: somebody waits */
	struct intake intake; /* of that door */
	size_t count;
	struct admin_client *clients[ADMIN_CLIENTS_MAX]; /* owned, in order */
};

/* --- places and descriptors --- */

/* In order: of several that came in one millisecond the first is known. */
static void take_out(struct admin *a, const struct admin_client *c)
{
	size_t i = 0;

	while (a->clients[i] != c)
		i++;
	a->count--;
	memmove(&a->clients[i], &a->clients[i + 1],
	    (a->count - i) * sizeof a->clients[0]);
}

/*
 * The spare descriptor is not opened anew when one is free again: another
 * thread might be quicker. It takes the place of a socket that is given up.
 */
static void give_up(struct admin *a, int fd)
{
	if (a->spare < 0 && dup3(a->listening, fd, O_CLOEXEC) == fd)
		a->spare = fd;
	else
		(void)close(fd);
}

static void on_end(void *arg, struct admin_client *c)
{
	struct admin *a = arg;

	take_out(a, c);
	give_up(a, admin_client_end(c));
}

static void restore_spare(struct admin *a)
{
	if (a->spare < 0)
		a->spare = fcntl(a->listening, F_DUPFD_CLOEXEC, 0);
}

/* Who has asked for nothing yet does; of two alike who is quiet for longer. */
static bool goes_before(
    const struct admin_client *c, const struct admin_client *other)
{
	bool has_asked = admin_client_has_asked(c);

	return has_asked == admin_client_has_asked(other)
		   ? admin_client_used_ms(c) < admin_client_used_ms(other)
		   : !has_asked;
}

static struct admin_client *find_quietest(const struct admin *a)
{
	struct admin_client *quietest = NULL;

	for (size_t i = 0; i < a->count; i++)
		if (!quietest || goes_before(a->clients[i], quietest))
			quietest = a->clients[i];
	return quietest;
}

/*
 * A request comes right behind its connection: who has asked for nothing, and
 * came before all others that have not, has had its time.
 */
static bool may_go(const struct admin_client *c)
{
	return !admin_client_has_asked(c) ||
	       admin_client_used_ms(c) < clock_ms() - QUIET_MS;
}

static bool free_a_place(struct admin *a)
{
	struct admin_client *quietest = find_quietest(a);

	if (!quietest || !may_go(quietest))
		return false;
	on_end(a, quietest);
	return true;
}

/* Give up the spare descriptor, or that of who does not need it just now. */
static bool free_a_descriptor(struct admin *a)
{
	if (a->spare < 0 && !free_a_place(a))
		return false;
	if (a->spare >= 0)
		(void)close(a->spare);
	a->spare = -1;
	return true;
}

/* --- accepting --- */

static void shut_door(void *arg)
{
	struct admin *a = arg;

	(void)event_del(a->door);
}

/* Without its spare descriptor it is short of them, whoever comes or not. */
static bool open_door(void *arg)
{
	struct admin *a = arg;

	restore_spare(a);
	if (event_add(a->door, NULL) < 0)
		fatal("admin", "cannot watch the listener");
	if (a->spare < 0 && a->intake.starved.is_on)
		(void)intake_starve(&a->intake);
	return true;
}

static void say_again(void *arg)
{
	(void)arg;
	log_info(LOG_ADMIN, "accepting again", kv_none);
}

static const struct intake_ops intake_ops = {
	.component = "admin",
	.shut = shut_door,
	.open = open_door,
	.say_again = say_again,
};

static void say_starved(struct admin *a, int error)
{
	if (!intake_starve(&a->intake))
		return;
	metrics_inc(a->view.metrics[0], METRIC_ACCEPT_PAUSES);
	log_warn(LOG_ADMIN, "out of files: one at a time is answered",
	    kv_str("error", strerror(error)));
}

static void serve(struct admin *a, int fd)
{
	bool is_short = a->spare < 0; /* it has the only descriptor */
	struct admin_client *c =
	    admin_client_new(a->base, fd, is_short, &a->view, on_end, a);

	if (!c) {
		give_up(a, fd);
		return;
	}
	a->clients[a->count++] = c;
}

/* Whether to try at once again. */
static bool accept_failed(struct admin *a, int error)
{
	if (!listen_is_starved(error))
		return error != EAGAIN;
	say_starved(a, error);
	if (free_a_descriptor(a))
		return true;
	intake_pause(&a->intake);
	return false;
}

/* Whoever comes next takes the place or the descriptor of another. */
static bool is_full(const struct admin *a)
{
	return a->count == ADMIN_CLIENTS_MAX || a->spare < 0;
}

/*
 * Whether another one may be taken in this turn. Nobody goes but for one who
 * waits, which is known of the first only; and nobody before we have looked
 * whether its request has come along.
 */
static bool take_one(struct admin *a)
{
	int fd;

	if (a->count == ADMIN_CLIENTS_MAX && !free_a_place(a)) {
		intake_pause(&a->intake);
		return false;
	}
	fd = accept4(a->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return accept_failed(a, errno);
	serve(a, fd);
	return !is_full(a);
}

static void on_acceptable(evutil_socket_t listening, short what, void *arg)
{
	struct admin *a = arg;
	int taken = 0;

	(void)listening, (void)what;
	while (taken < ACCEPT_BATCH && take_one(a))
		taken++;
}

/* --- life --- */

/* It may be asked for before its file can be opened again. */
static void read_token(struct admin *a, const char *file)
{
	struct err e;

	if (file && admin_token_read(&a->token, file, &e) < 0)
		log_error(LOG_ADMIN, "cannot read admin.token_file",
		    kv_text("error", slice_str(e.text)));
}

struct admin *admin_open(struct event_base *base, const struct conf *conf,
    const struct admin_view *view, struct err *e)
{
	const struct listen_options options = {
		.backlog = BACKLOG,
		.mode = conf->admin.access.bits,
		.gid = conf->admin.access.gid,
	};
	struct listen_place place;
	struct admin *a;
	int fd = listen_open(conf->admin.listen, &options, &place, e);

	if (fd < 0)
		return NULL;
	a = xcalloc(1, sizeof *a);
	a->recent = admin_recent_open(base, view->metrics, view->metrics_count);
	a->view = *view;
	a->view.recent = a->recent;
	a->view.token = &a->token;
	read_token(a, conf->admin.token_file);
	a->base = base;
	a->place = place;
	a->listening = fd;
	a->spare = -1;
	restore_spare(a);
	intake_init(&a->intake, base, &intake_ops, a);
	a->door = event_new(base, fd, EV_READ | EV_PERSIST, on_acceptable, a);
	if (!a->door || event_add(a->door, NULL) < 0) {
		(void)err_set(e, -ENOMEM, "admin: cannot add an event");
		admin_close(a);
		return NULL;
	}
	log_info(LOG_ADMIN, "listening", kv_str("address", place.text));
	return a;
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++)
		(void)close(admin_client_end(a->clients[i]));
	if (a->door)
		event_free(a->door);
	intake_fini(&a->intake);
	admin_recent_close(a->recent);
	admin_token_fini(&a->token);
	if (a->spare >= 0)
		(void)close(a->spare);
	(void)close(a->listening);
	listen_remove(&a->place);
	free(a);
}
