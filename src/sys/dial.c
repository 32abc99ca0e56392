/*
 * dial: one event is all that a dial has: the socket that connects, or a timer
 * while there is none.
 */
#include "sys/dial.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/fatal.h"
#include "base/mem.h"

enum { NO_SOCKET = -1 };

/* --- a list --- */

void dial_list_set(
    struct dial_list *l, const struct resolve_address *addresses, size_t count)
{
	size_t size = count * sizeof *addresses;

	if (count == l->count && memcmp(l->list, addresses, size) == 0)
		return;
	memcpy(l->list, addresses, size);
	l->count = count;
	l->first = 0;
}

void dial_list_pass_over(struct dial_list *l, size_t address)
{
	if (address == l->first && l->count > 0)
		l->first = (address + 1) % l->count;
}

/* A connection that dies silently is found, and small writes are not held. */
static void set_tcp_options(int fd)
{
	const int on = 1, idle_s = 30, interval_s = 10, probes = 3;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	(void)setsockopt(
	    fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/* A socket that connects or has connected, or a negative errno. */
static int begin_connect(const struct resolve_address *a)
{
	int family = a->addr.ss_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code;

	if (fd < 0)
		return -errno;
	if (family != AF_UNIX)
		set_tcp_options(fd);
	if (connect(fd, (const struct sockaddr *)&a->addr, a->len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	code = errno;
	close(fd);
	return -code;
}

int dial_list_next(struct dial_list *l, size_t *tried, int *error)
{
	while (*tried < l->count) {
		int fd = begin_connect(&l->list[l->first]);

		++*tried;
		if (fd >= 0)
			return fd;
		*error = -fd;
		dial_list_pass_over(l, l->first);
	}
	return NO_SOCKET;
}

/* --- a dial --- */

struct dial {
	struct event_base *base;
	dial_fn fn;
	void *arg;
	struct dial_list list;
	size_t tried;
	int fd; /* owned; NO_SOCKET between attempts, and when handed over */
	struct event *event; /* owned; writable, or a time-out */
	int error;           /* of the last address */
};

static void try_next(struct dial *d);

static void dial_free(struct dial *d)
{
	if (d->event)
		event_free(d->event);
	if (d->fd != NO_SOCKET)
		close(d->fd);
	free(d);
}

static void hand_over(struct dial *d)
{
	int fd = d->fd;

	d->fd = NO_SOCKET;
	d->fn(d->arg, fd, NULL);
}

/* There is no socket: be gone. */
static void fail(struct dial *d, const char *why)
{
	struct dial last = *d;

	dial_free(d);
	last.fn(last.arg, NO_SOCKET, why);
}

static void wait_for(
    struct dial *d, int fd, short what, event_callback_fn fn, int timeout_ms)
{
	const struct timeval timeout = { timeout_ms / 1000,
		(suseconds_t)(timeout_ms % 1000) * 1000 };

	if (d->event)
		event_free(d->event);
	d->event = event_new(d->base, fd, what, fn, d);
	if (!d->event || event_add(d->event, &timeout) < 0)
		fatal("dial", "cannot add an event: out of memory");
}

/* The socket is writable, or its time is over. */
static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	socklen_t len = sizeof(int);
	int code = 0;

	if (what & EV_TIMEOUT)
		code = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	if (code == 0) {
		hand_over(d);
		return;
	}
	d->error = code;
	close(d->fd);
	d->fd = NO_SOCKET;
	dial_list_pass_over(&d->list, d->list.first);
	try_next(d);
}

static void on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	const char *text = strerrordesc_np(d->error);

	(void)fd, (void)what;
	fail(d, text ? text : "unknown error");
}

static void try_next(struct dial *d)
{
	d->fd = dial_list_next(&d->list, &d->tried, &d->error);
	if (d->fd != NO_SOCKET)
		wait_for(d, d->fd, EV_WRITE, on_connect, DIAL_TIMEOUT_MS);
	else /* not now: whoever has started it may still be on the stack */
		wait_for(d, NO_SOCKET, 0, on_give_up, 0);
}

struct dial *dial_start(struct event_base *base,
    const struct resolve_address *addresses, size_t count, dial_fn fn,
    void *arg)
{
	struct dial *d = xcalloc(1, sizeof *d);

	assert(count > 0 && count <= RESOLVE_MAX);
	d->base = base;
	d->fn = fn;
	d->arg = arg;
	d->fd = NO_SOCKET;
	dial_list_set(&d->list, addresses, count);
	try_next(d);
	return d;
}

bool dial_next(struct dial *d)
{
	if (d->tried == d->list.count)
		return false;
	dial_list_pass_over(&d->list, d->list.first);
	try_next(d);
	return true;
}

void dial_abandon(struct dial *d)
{
	if (d)
		dial_free(d);
}
