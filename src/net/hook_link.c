/*
 * hook_link: HTTP/1.1 over a bufferevent. Not libevent's evhttp: in 2.1.12 it
 * takes an interim 103 for the answer, the first of two Content-Lengths for
 * the length, and bytes behind one answer for the beginning of the next: the
 * 200 of one client would admit another. Here what comes out of turn ends the
 * connection.
 *
 * Nor libcurl: 7.88.1 passes over a 103 and drops what comes behind an answer,
 * but of two Content-Lengths it takes the last, it finds none in
 * "Content-Length : 2", and a bare line feed ends a line. As Debian 12 builds
 * it, two dozen libraries more would be in the process that holds all clients
 * (LDAP, Kerberos, SSH, RTMP among them), for a GET without TLS. Once apps are
 * asked by https that is to be weighed anew, against a bufferevent over
 * sys/tls.
 */
#include "net/hook_link.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "proto/http.h"

/*
 * Long enough to be of use between two waves of handshakes; short enough that
 * no firewall on the way has forgotten the connection.
 */
static const struct timeval idle_limit = { 20, 0 };

void hook_link_close(struct hook_link *l)
{
	if (!l)
		return;
	if (l->bev)
		bufferevent_free(l->bev);
	http_reply_fini(&l->reply);
	free(l);
}

static void end(struct hook_link *l, enum hook_link_event what)
{
	l->fn(l->arg, l, what); /* l may be gone */
}

/* --- an answer --- */

static enum hook_link_event why_not(int code)
{
	switch (code) {
	case -ENOMEM:
		return HOOK_LINK_NO_MEMORY;
	case -EMSGSIZE:
		return HOOK_LINK_TOO_LARGE;
	default:
		return HOOK_LINK_BAD;
	}
}

/* Feed what has come, a contiguous piece at a time, up to the answer's end. */
static int feed(struct hook_link *l, struct evbuffer *input)
{
	int rc = HTTP_MORE;

	while (rc == HTTP_MORE && evbuffer_get_length(input) > 0) {
		size_t len = evbuffer_get_contiguous_space(input);
		const char *p =
		    (const char *)evbuffer_pullup(input, (ev_ssize_t)len);
		size_t used;

		l->has_bytes = true;
		rc = http_reply_feed(&l->reply, slice_of(p, len), &used);
		evbuffer_drain(input, used);
	}
	return rc;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct hook_link *l = arg;
	int rc;

	if (l->state == HOOK_LINK_IDLE) {
		end(l, HOOK_LINK_IDLE_END);
		return;
	}
	rc = feed(l, bufferevent_get_input(bev));
	if (rc == HTTP_DONE)
		end(l, HOOK_LINK_DONE);
	else if (rc != HTTP_MORE)
		end(l, why_not(rc));
}

/* --- the connection --- */

static enum hook_link_event why_ended(struct hook_link *l, short what)
{
	switch (l->state) {
	case HOOK_LINK_CONNECTING:
		return HOOK_LINK_REFUSED;
	case HOOK_LINK_IDLE:
		return HOOK_LINK_IDLE_END;
	case HOOK_LINK_BUSY:
		break;
	}
	if (!l->has_bytes)
		return l->uses > 1 ? HOOK_LINK_STALE : HOOK_LINK_CUT;
	if ((what & BEV_EVENT_EOF) && http_reply_end(&l->reply) == HTTP_DONE)
		return HOOK_LINK_DONE;
	return HOOK_LINK_CUT;
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct hook_link *l = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED) {
		l->state = HOOK_LINK_BUSY;
		return;
	}
	if (what & BEV_EVENT_ERROR)
		l->error = EVUTIL_SOCKET_ERROR();
	end(l, why_ended(l, what));
}

struct hook_link *hook_link_open(
    struct event_base *base, int fd, hook_link_fn fn, void *arg)
{
	struct hook_link *l = try_alloc(sizeof *l);

	if (!l)
		goto close_fd;
	*l = (struct hook_link){ .fn = fn, .arg = arg };
	list_init(&l->node);
	l->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!l->bev)
		goto free_link;
	bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
	/* Without an address: the socket is connecting already. */
	if (bufferevent_socket_connect(l->bev, NULL, 0) < 0 ||
	    bufferevent_enable(l->bev, EV_READ | EV_WRITE) < 0) {
		hook_link_close(l); /* and fd */
		return NULL;
	}
	return l;

free_link:
	hook_link_close(l);
close_fd:
	close(fd);
	return NULL;
}

/* --- use --- */

int hook_link_send(struct hook_link *l, struct slice request)
{
	http_reply_fini(&l->reply);
	http_reply_init(&l->reply, HOOK_LINK_BODY_MAX);
	l->has_bytes = false;
	l->uses++;
	if (l->state == HOOK_LINK_IDLE)
		l->state = HOOK_LINK_BUSY;
	if (bufferevent_set_timeouts(l->bev, NULL, NULL) < 0 ||
	    bufferevent_write(l->bev, request.ptr, request.len) < 0)
		return -ENOMEM;
	return 0;
}

bool hook_link_rest(struct hook_link *l)
{
	/* More than the answer has come, or not all of the request is out. */
	if (!l->reply.is_reusable ||
	    evbuffer_get_length(bufferevent_get_input(l->bev)) > 0 ||
	    evbuffer_get_length(bufferevent_get_output(l->bev)) > 0)
		return false;
	http_reply_fini(&l->reply);
	l->state = HOOK_LINK_IDLE;
	return bufferevent_set_timeouts(l->bev, &idle_limit, NULL) == 0;
}

bool hook_link_is_quiet(const struct hook_link *l)
{
	char byte;

	return recv(bufferevent_getfd(l->bev), &byte, 1,
		   MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}
