/*
 * redis_dial: one event is all it has: the socket that connects, or a timer
 * while there is none.
 */
#include "backend/redis_dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "backend/redis_url.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "sys/resolve.h"

enum { NO_SOCKET = -1 };

struct redis_dial {
	struct event_base *base;
	redis_dial_fn fn;
	void *arg;
	struct resolve *resolve; /* owned; until it has answered */
	struct resolve_address addresses[RESOLVE_MAX];
	size_t count;
	size_t next;         /* the address to try when this one fails */
	int fd;              /* owned; NO_SOCKET between two attempts */
	struct event *event; /* owned; writable, or a time-out */
	struct redis_failure why;
};

static void try_next(struct redis_dial *d);

static void dial_free(struct redis_dial *d)
{
	resolve_abandon(d->resolve);
	if (d->event)
		event_free(d->event);
	if (d->fd != NO_SOCKET)
		close(d->fd);
	free(d);
}

/* Hand over the socket, or why there is none, and be gone. */
static void finish(struct redis_dial *d)
{
	struct redis_failure why = d->why;
	redis_dial_fn fn = d->fn;
	void *arg = d->arg;
	int fd = d->fd;

	d->fd = NO_SOCKET;
	dial_free(d);
	fn(arg, fd, fd == NO_SOCKET ? &why : NULL);
}

static void wait_for(struct redis_dial *d, int fd, short what,
    event_callback_fn fn, int timeout_ms)
{
	const struct timeval timeout = { timeout_ms / 1000,
		(suseconds_t)(timeout_ms % 1000) * 1000 };

	if (d->event)
		event_free(d->event);
	d->event = event_new(d->base, fd, what, fn, d);
	if (!d->event || event_add(d->event, &timeout) < 0)
		fatal("redis", "cannot add an event: out of memory");
}

/* A connection that dies silently is found, and a canary is not held back. */
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

/* The socket is writable, or its time is over. */
static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct redis_dial *d = arg;
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
	d->why = redis_failure_errno(code);
	close(d->fd);
	d->fd = NO_SOCKET;
	try_next(d);
}

static void on_give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	finish(arg);
}

static void try_next(struct redis_dial *d)
{
	while (d->next < d->count) {
		int fd = begin_connect(&d->addresses[d->next++]);

		if (fd >= 0) {
			d->fd = fd;
			wait_for(
			    d, fd, EV_WRITE, on_connect, REDIS_DIAL_TIMEOUT_MS);
			return;
		}
		d->why = redis_failure_errno(-fd);
	}
	/* Not now: redis_dial_start may still be on the stack. */
	wait_for(d, -1, 0, on_give_up, 0);
}

static void on_resolved(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why)
{
	struct redis_dial *d = arg;

	d->resolve = NULL;
	memcpy(d->addresses, addresses, count * sizeof *addresses);
	d->count = count;
	if (count == 0)
		d->why = redis_failure_make(why);
	try_next(d);
}

static void on_resolve_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct redis_dial *d = arg;

	(void)fd, (void)what;
	d->why = redis_failure_make("no name server answers");
	finish(d);
}

static void set_unix_address(struct redis_dial *d, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strnlen(path, sizeof addr.sun_path - 1);

	memcpy(addr.sun_path, path, len);
	memcpy(&d->addresses[0].addr, &addr, sizeof addr);
	d->addresses[0].len = sizeof addr;
	d->count = 1;
}

struct redis_dial *redis_dial_start(struct event_base *base,
    const struct redis_url *url, redis_dial_fn fn, void *arg)
{
	struct redis_dial *d = xcalloc(1, sizeof *d);

	d->base = base;
	d->fn = fn;
	d->arg = arg;
	d->fd = NO_SOCKET;
	if (url->path) {
		set_unix_address(d, url->path);
		try_next(d);
		return d;
	}
	wait_for(d, -1, 0, on_resolve_timeout, REDIS_DIAL_TIMEOUT_MS);
	d->resolve = resolve_start(base, url->host, url->port, on_resolved, d);
	return d;
}

void redis_dial_abandon(struct redis_dial *d)
{
	if (d)
		dial_free(d);
}
