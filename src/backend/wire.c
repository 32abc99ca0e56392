/*
 * wire: two events and a buffer. A bufferevent would read 4 KiB at a time and
 * write a turn later; with small messages both show.
 */
#include "backend/wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/fatal.h"

/* --- the calls on the socket; what fails is -errno --- */

static ssize_t receive(struct wire *w, char *to, size_t size)
{
	ssize_t got = recv(w->fd, to, size, 0);

	return got < 0 ? -errno : got;
}

static ssize_t transmit(struct wire *w, struct slice bytes)
{
	ssize_t sent = send(w->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

	return sent < 0 ? -errno : sent;
}

void wire_end(struct wire *w)
{
	(void)shutdown(w->fd, SHUT_WR);
}

bool wire_has_ended(const struct wire *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 &&
	       (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/*
 * Nothing more can be sent, whatever the reason: an end of both directions,
 * or what was asked for would be waited for in vain. What has come already
 * can still be read.
 */
static void become_deaf(struct wire *w, int code)
{
	w->deaf_by = code;
	buf_fini(&w->unsent);
	(void)shutdown(w->fd, SHUT_RDWR);
}

/* --- what goes out --- */

static void add(struct event *event)
{
	if (event_add(event, NULL) < 0)
		fatal("wire", "cannot add an event: out of memory");
}

/* Send what the socket takes; returns how much. */
static size_t send_some(struct wire *w, struct slice bytes)
{
	ssize_t sent = transmit(w, bytes);

	if (sent >= 0)
		return (size_t)sent;
	if (sent != -EAGAIN && sent != -EINTR)
		become_deaf(w, (int)-sent);
	return 0;
}

int wire_send(struct wire *w, struct slice bytes)
{
	bool was_empty = w->unsent.len == 0;

	if (wire_is_deaf(w))
		return 0;
	if (was_empty)
		bytes = slice_after(bytes, send_some(w, bytes));
	if (wire_is_deaf(w) || bytes.len == 0)
		return 0;
	if (buf_append(&w->unsent, bytes.ptr, bytes.len) < 0)
		return -ENOMEM;
	if (was_empty)
		add(&w->writable);
	return 0;
}

void wire_say_last(struct wire *w, struct slice bytes)
{
	if (w->unsent.len == 0 && !wire_is_deaf(w))
		(void)transmit(w, bytes);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd, (void)what;
	buf_consume(&w->unsent, send_some(w, buf_slice(&w->unsent)));
	if (w->unsent.len > 0)
		add(&w->writable);
	else
		buf_fini(&w->unsent); /* a full socket is rare */
	if (w->sink->on_drained)
		w->sink->on_drained(w->arg);
}

/* --- what comes in --- */

ssize_t wire_read(struct wire *w, char *to, size_t size)
{
	ssize_t got = receive(w, to, size);

	if (got == 0) /* by the peer, or by become_deaf */
		return w->deaf_by == EPIPE ? 0 : -w->deaf_by;
	return got == -EINTR ? -EAGAIN : got;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd, (void)what;
	w->sink->on_readable(w->arg);
}

void wire_set_reading(struct wire *w, bool is_reading)
{
	if (is_reading)
		add(&w->readable);
	else
		(void)event_del(&w->readable);
}

void wire_wake(struct wire *w)
{
	event_active(&w->readable, EV_READ, 0);
}

/* --- life --- */

void wire_open(struct wire *w, struct event_base *base, int fd,
    const struct wire_sink *sink, void *arg)
{
	*w = (struct wire){ .fd = fd, .sink = sink, .arg = arg };
	if (event_assign(&w->readable, base, fd, EV_READ | EV_PERSIST,
		on_readable, w) < 0 ||
	    event_assign(&w->writable, base, fd, EV_WRITE, on_writable, w) < 0)
		fatal("wire", "cannot use a socket for events");
}

void wire_close(struct wire *w)
{
	if (w->fd < 0)
		return;
	(void)event_del(&w->readable);
	(void)event_del(&w->writable);
	buf_fini(&w->unsent);
	(void)close(w->fd);
	w->fd = -1;
}
