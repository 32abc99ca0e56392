/*
 * dial: one event is all that a dial has: the socket that connects, or a timer
 * while there is none.
 */
#include "sys/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/address.h"
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
	struct resolve *resolve; /* owned; until it has answered */
	struct dial_list list;
	size_t tried;
	int fd;              /* owned; NO_SOCKET between two attempts */
	struct event *event; /* owned; writable, or a time-out */
	int error;           /* of the last address; 0: see why */
	char why[160];
};

static void try_next(struct dial *d);

static void dial_free(struct dial *d)
{
	resolve_abandon(d->resolve);
	if (d->event)
		event_free(d->event);
	if (d->fd != NO_SOCKET)
		close(d->fd);
	free(d);
}

static void set_why(struct dial *d, const char *why)
{
	(void)snprintf(d->why, sizeof d->why, "%s", why);
}

/* Hand over the socket, or why there is none, and be gone. */
static void finish(struct dial *d)
{
	struct dial last = *d;

	d->fd = NO_SOCKET;
	dial_free(d);
	last.fn(last.arg, last.fd, last.fd == NO_SOCKET ? last.why : NULL);
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
		finish(d);
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
	if (d->error)
		set_why(d, text ? text : "unknown error");
	finish(d);
}

static void try_next(struct dial *d)
{
	d->fd = dial_list_next(&d->list, &d->tried, &d->error);
	if (d->fd != NO_SOCKET)
		wait_for(d, d->fd, EV_WRITE, on_connect, DIAL_TIMEOUT_MS);
	else /* not now: whoever has started it may still be on the stack */
		wait_for(d, NO_SOCKET, 0, on_give_up, 0);
}

static void on_resolved(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why)
{
	struct dial *d = arg;

	d->resolve = NULL;
	dial_list_set(&d->list, addresses, count);
	if (count == 0)
		set_why(d, why);
	try_next(d);
}

static void on_resolve_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;

	(void)fd, (void)what;
	set_why(d, "no name server answers");
	finish(d);
}

/* A unix socket has one address, and nothing to look up. */
static void set_unix_address(struct dial *d, const char *path)
{
	struct resolve_address address = { .len = sizeof(struct sockaddr_un) };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	memcpy(addr.sun_path, path, strnlen(path, sizeof addr.sun_path - 1));
	memcpy(&address.addr, &addr, sizeof addr);
	dial_list_set(&d->list, &address, 1);
}

struct dial *dial_start(
    struct event_base *base, const struct address *to, dial_fn fn, void *arg)
{
	struct dial *d = xcalloc(1, sizeof *d);

	d->base = base;
	d->fn = fn;
	d->arg = arg;
	d->fd = NO_SOCKET;
	if (to->is_unix) {
		set_unix_address(d, to->host);
		try_next(d);
		return d;
	}
	wait_for(d, NO_SOCKET, 0, on_resolve_timeout, DIAL_TIMEOUT_MS);
	d->resolve = resolve_start(base, to->host, to->port, on_resolved, d);
	return d;
}

void dial_abandon(struct dial *d)
{
	if (d)
		dial_free(d);
}
