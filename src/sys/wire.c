/*
 * wire: two events and a buffer. A bufferevent would read 4 KiB at a time and
 * write a turn later; with small messages both show.
 */
#include "sys/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/fatal.h"
#include "sys/resolve.h"
#include "sys/tls.h"
#include "sys/tls_refusal.h"

/* --- the calls on the socket, or through TLS; what fails is -errno --- */

/*
 * A peer that is killed leaves without a close_notify, which OpenSSL calls a
 * fault. What flows here has lengths of its own, so that is an end like any
 * other; who needs to know it asks tls_has_ended.
 */
static bool is_end(const struct wire *w, ssize_t got)
{
	return got == -ECONNRESET ||
	       (got == -EPROTO && tls_refusal_of(w->tls) == TLS_REFUSAL_CLOSED);
}

/* Who takes no answers of TLS, and cannot be written to, is read no further. */
static ssize_t receive_tls(struct wire *w, char *to, size_t size)
{
	ssize_t got;

	if (wire_is_deaf(w) && tls_has_answers(w->tls))
		return 0;
	got = tls_read(w->tls, to, size);
	return is_end(w, got) ? 0 : got;
}

static ssize_t receive(struct wire *w, char *to, size_t size)
{
	ssize_t got;

	if (w->tls)
		return receive_tls(w, to, size);
	got = recv(w->fd, to, size, 0);
	return got < 0 ? -errno : got;
}

/* In records, behind what TLS keeps; nothing before its handshake is done. */
static ssize_t transmit_tls(struct wire *w, struct slice bytes)
{
	size_t at = 0;
	ssize_t sent;

	if (!tls_is_up(w->tls))
		bytes.len = 0;
	do {
		const struct slice rest = slice_after(bytes, at);
		const struct iovec iov = { (void *)(uintptr_t)rest.ptr,
			rest.len };

		sent = tls_writev(w->tls, &iov, rest.len > 0);
		if (sent > 0)
			at += (size_t)sent;
	} while (sent > 0 && at < bytes.len);
	return at > 0 ? (ssize_t)at : sent;
}

static ssize_t transmit(struct wire *w, struct slice bytes)
{
	ssize_t sent;

	if (w->tls)
		return transmit_tls(w, bytes);
	sent = send(w->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

void wire_end(struct wire *w)
{
	if (w->tls)
		tls_shutdown(w->tls);
	(void)shutdown(w->fd, SHUT_WR);
}

bool wire_has_ended(const struct wire *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 &&
	       (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool wire_is_quiet(const struct wire *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN | POLLRDHUP };

	return poll(&p, 1, 0) == 0;
}

/* --- what is waited for --- */

static void add(struct event *event)
{
	if (event_add(event, NULL) < 0)
		fatal("wire", "cannot add an event: out of memory");
}

static bool may_read(const struct wire *w)
{
	return w->is_reading &&
	       (!w->tls || !tls_has_answers(w->tls) || wire_is_deaf(w));
}

/* Until its handshake is done TLS waits for the peer, not for the socket. */
static bool waits_for_socket(const struct wire *w)
{
	if (wire_is_deaf(w))
		return false;
	return w->tls ? tls_unsent(w->tls) > 0 : w->unsent.len > 0;
}

static void watch(struct wire *w)
{
	if (may_read(w))
		add(&w->readable);
	else
		(void)event_del(&w->readable);
	if (waits_for_socket(w))
		add(&w->writable);
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
	watch(w);
}

/* --- what goes out --- */

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
	if (wire_is_deaf(w))
		return 0;
	if (bytes.len > 0 && buf_append(&w->unsent, bytes.ptr, bytes.len) < 0)
		return -ENOMEM;
	if (waits_for_socket(w))
		add(&w->writable);
	return 0;
}

size_t wire_unsent(const struct wire *w)
{
	return w->unsent.len + (w->tls ? tls_unsent(w->tls) : 0);
}

void wire_say_last(struct wire *w, struct slice bytes)
{
	if (w->unsent.len == 0 && !wire_is_deaf(w))
		(void)transmit(w, bytes);
}

static void send_unsent(struct wire *w)
{
	buf_consume(&w->unsent, send_some(w, buf_slice(&w->unsent)));
	if (w->unsent.len == 0)
		buf_fini(&w->unsent); /* a full socket is rare */
	watch(w);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct wire *w = arg;

	(void)fd, (void)what;
	send_unsent(w);
	if (w->sink->on_drained)
		w->sink->on_drained(w->arg);
}

/* --- what comes in --- */

/* What TLS has taken out of the socket, but for this nobody tells of. */
static void look_inside(struct wire *w)
{
	if (w->tls && w->is_reading && tls_pending(w->tls) > 0)
		wire_wake(w);
}

/* Answers that TLS itself has given; and what has waited for its handshake. */
static void send_behind_read(struct wire *w)
{
	if (w->tls && !wire_is_deaf(w))
		send_unsent(w);
}

ssize_t wire_read(struct wire *w, char *to, size_t size)
{
	ssize_t got = receive(w, to, size);

	if (got > 0 || got == -EAGAIN)
		send_behind_read(w);
	look_inside(w);
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

void wire_peer(const struct wire *w, struct resolve_address *peer)
{
	*peer = (struct resolve_address){ .len = sizeof peer->addr };
	if (getpeername(w->fd, (struct sockaddr *)&peer->addr, &peer->len) < 0)
		peer->len = 0;
}

void wire_set_sink(struct wire *w, const struct wire_sink *sink, void *arg)
{
	w->sink = sink;
	w->arg = arg;
}

void wire_set_reading(struct wire *w, bool is_reading)
{
	w->is_reading = is_reading;
	watch(w);
	look_inside(w);
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

void wire_open_tls(struct wire *w, struct event_base *base, int fd,
    struct tls **tls, const struct wire_sink *sink, void *arg)
{
	wire_open(w, base, fd, sink, arg);
	w->tls = *tls;
	*tls = NULL;
	wire_wake(w); /* the first word of the handshake is ours */
}

void wire_close(struct wire *w)
{
	if (w->fd < 0)
		return;
	(void)event_del(&w->readable);
	(void)event_del(&w->writable);
	buf_fini(&w->unsent);
	if (w->tls)
		tls_shutdown(w->tls);
	tls_free(w->tls);
	w->tls = NULL;
	(void)close(w->fd);
	w->fd = -1;
}
