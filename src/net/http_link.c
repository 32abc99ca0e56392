/*
 * http_link: HTTP/1.1 over a wire, by proto/http_reply.
 *
 * Not libevent's evhttp: in 2.1.12 it takes an interim 103 for the answer, the
 * first of two Content-Lengths for the length, and bytes behind one answer for
 * the beginning of the next: the 200 of one client would admit another. Here
 * what comes out of turn ends the connection. Nor libcurl: docs/internals.md
 * says why.
 */
#include "net/http_link.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "proto/http.h"
#include "sys/timer.h"
#include "sys/tls.h"
#include "sys/tls_client.h"

enum {
	NO_SOCKET = -1,
	INPUT_MAX = 16384, /* of a TLS record */
	/*
	 * Long enough to be of use between two waves of handshakes; short
	 * enough that no firewall on the way has forgotten the connection.
	 */
	IDLE_MS = 20000,
};

void http_link_close(struct http_link *l)
{
	if (!l)
		return;
	wire_close(&l->wire);
	if (l->connected)
		event_free(l->connected);
	if (l->idle)
		event_free(l->idle);
	if (l->fd != NO_SOCKET)
		(void)close(l->fd);
	http_reply_fini(&l->reply);
	free(l);
}

static void end(struct http_link *l, enum http_link_event what)
{
	l->options->fn(l->options->arg, l, what); /* l may be gone */
}

/* --- an answer --- */

static enum http_link_event why_not(int code)
{
	switch (code) {
	case -ENOMEM:
		return HTTP_LINK_NO_MEMORY;
	case -EMSGSIZE:
	case -EFBIG:
		return HTTP_LINK_TOO_LARGE;
	default:
		return HTTP_LINK_BAD;
	}
}

static void take(struct http_link *l, struct slice bytes)
{
	size_t used;
	int rc;

	if (l->state == HTTP_LINK_IDLE) {
		end(l, HTTP_LINK_IDLE_END);
		return;
	}
	l->has_bytes = true;
	rc = http_reply_feed(&l->reply, bytes, &used);
	if (used < bytes.len) /* it would be part of the next answer */
		l->reply.is_reusable = false;
	if (rc == HTTP_DONE)
		end(l, HTTP_LINK_DONE);
	else if (rc != HTTP_MORE)
		end(l, why_not(rc));
}

/* --- its end --- */

/* Anybody can cut a connection, but only the server ends TLS. */
static bool is_by_server(const struct http_link *l, ssize_t got)
{
	const struct tls *tls = wire_tls(&l->wire);

	return got == 0 && (!tls || tls_has_ended(tls));
}

/* A server that refuses us in TLS 1.3 does so when we think that all is up. */
static bool is_refused(const struct http_link *l)
{
	return http_link_is_new(l) || (l->error == EPROTO && !l->has_bytes);
}

static enum http_link_event why_ended(struct http_link *l, ssize_t got)
{
	if (l->state == HTTP_LINK_IDLE)
		return HTTP_LINK_IDLE_END;
	if (is_refused(l))
		return HTTP_LINK_REFUSED;
	if (!l->has_bytes)
		return l->uses > 1 ? HTTP_LINK_STALE : HTTP_LINK_CUT;
	if (is_by_server(l, got) && http_reply_end(&l->reply) == HTTP_DONE)
		return HTTP_LINK_DONE;
	return HTTP_LINK_CUT;
}

static void take_end(struct http_link *l, ssize_t got)
{
	l->error = (int)-got;
	if (l->state == HTTP_LINK_SECURING)
		l->error = EPROTO;
	end(l, why_ended(l, got));
}

/* --- the connection --- */

static void on_readable(void *arg)
{
	struct http_link *l = arg;
	char input[INPUT_MAX];
	ssize_t got = wire_read(&l->wire, input, sizeof input);

	if (l->state == HTTP_LINK_SECURING && tls_is_up(wire_tls(&l->wire)))
		l->state = HTTP_LINK_BUSY;
	if (got > 0)
		take(l, slice_of(input, (size_t)got));
	else if (got != -EAGAIN)
		take_end(l, got);
}

static const struct wire_sink wire_sink = { .on_readable = on_readable };

static int open_wire(struct http_link *l)
{
	struct event_base *base = event_get_base(l->connected);
	struct tls *tls;

	if (!l->options->tls) {
		wire_open(&l->wire, base, l->fd, &wire_sink, l);
		l->state = HTTP_LINK_BUSY;
	} else {
		tls = tls_client_open(l->options->tls, l->fd);
		if (!tls)
			return -ENOMEM;
		wire_open_tls(&l->wire, base, l->fd, &tls, &wire_sink, l);
		l->state = HTTP_LINK_SECURING;
	}
	l->fd = NO_SOCKET;
	wire_set_reading(&l->wire, true);
	return wire_send(&l->wire, l->request);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct http_link *l = arg;
	socklen_t len = sizeof l->error;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &l->error, &len) < 0)
		l->error = errno;
	if (l->error)
		end(l, HTTP_LINK_REFUSED);
	else if (open_wire(l) < 0)
		end(l, HTTP_LINK_NO_MEMORY);
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	end(arg, HTTP_LINK_IDLE_END);
}

struct http_link *http_link_open(
    struct event_base *base, int fd, const struct http_link_options *options)
{
	struct http_link *l = try_alloc(sizeof *l);

	if (!l) {
		(void)close(fd);
		return NULL;
	}
	*l = (struct http_link){ .options = options, .fd = fd };
	list_init(&l->node);
	l->wire.fd = NO_SOCKET;
	l->idle = timer_new(base, on_idle, l, "http");
	l->connected = event_new(base, fd, EV_WRITE, on_connected, l);
	if (!l->connected || event_add(l->connected, NULL) < 0) {
		http_link_close(l);
		return NULL;
	}
	return l;
}

/* --- use --- */

int http_link_send(struct http_link *l, struct slice request)
{
	http_reply_fini(&l->reply);
	http_reply_init(&l->reply, l->options->max_body);
	l->has_bytes = false;
	l->uses++;
	l->request = request;
	if (l->state == HTTP_LINK_CONNECTING)
		return 0;
	(void)event_del(l->idle);
	l->state = HTTP_LINK_BUSY;
	return wire_send(&l->wire, request);
}

bool http_link_rest(struct http_link *l)
{
	/* More than the answer has come, or not all of the request is out. */
	if (!l->reply.is_reusable || wire_unsent(&l->wire) > 0)
		return false;
	http_reply_fini(&l->reply);
	l->state = HTTP_LINK_IDLE;
	timer_arm(l->idle, IDLE_MS, "http");
	return true;
}

bool http_link_is_quiet(const struct http_link *l)
{
	return wire_is_quiet(&l->wire);
}
