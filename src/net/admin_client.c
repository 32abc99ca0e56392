/*
 * admin_client: libevent's HTTP server does this, too, and did; but it bounds
 * neither its connections nor what they ask at once, answers OPTIONS with 501
 * and writes a body behind a HEAD, does not stop to accept when files have
 * run out, and does not survive a failed allocation. What a balancer or a
 * Prometheus needs of HTTP is little, and proto/http reads it already.
 */
#include "net/admin_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "net/admin_answer.h"
#include "proto/http.h"
#include "sys/timer.h"

enum {
	HEAD_MAX = 8192,
	READ_MAX = 4096,    /* at once */
	REQUEST_MS = 10000, /* from its first byte to its answer's last */
	IDLE_MS = 60000,    /* between requests: a scrape a minute at least */
	LEAVE_MS = 2000,    /* for the peer to close behind a last answer */
};

struct admin_client {
	const struct admin_view *view;
	admin_client_end_fn on_end;
	void *arg;
	int fd; /* owned */
	struct event input;
	struct event output; /* added while there is something unsent */
	struct event deadline;
	int64_t used_ms;
	struct http_head head; /* of the request that in begins with */
	struct buf in;         /* read, and not answered */
	struct buf out;        /* an answer, as far as it is unsent */
	bool is_last;          /* close behind this answer */
	bool is_leaving;       /* no more requests: until the peer closes */
};

static void end(struct admin_client *c)
{
	c->on_end(c->arg, c);
}

static void set_deadline(struct admin_client *c, int ms)
{
	timer_arm(&c->deadline, ms, "admin");
}

static void read_on(struct admin_client *c)
{
	if (event_add(&c->input, NULL) < 0)
		end(c);
}

/*
 * A close with something unread would be a reset, which may overtake the
 * answer: what still comes is thrown away until the peer closes.
 */
static void leave(struct admin_client *c)
{
	c->is_leaving = true;
	buf_fini(&c->in);
	(void)shutdown(c->fd, SHUT_WR);
	set_deadline(c, LEAVE_MS);
	read_on(c);
}

/* Until the answer is out nothing more is read. */
static void wait_for_space(struct admin_client *c)
{
	(void)event_del(&c->input);
	if (event_add(&c->output, NULL) < 0)
		end(c);
}

/* The answer is out. A next request that is there already has its own turn. */
static void go_on(struct admin_client *c)
{
	buf_fini(&c->out);
	c->used_ms = clock_ms();
	if (c->is_last) {
		leave(c);
		return;
	}
	if (c->in.len > 0) {
		set_deadline(c, REQUEST_MS);
		(void)event_del(&c->input);
		event_active(&c->output, EV_WRITE, 0);
	} else {
		set_deadline(c, IDLE_MS);
		read_on(c);
	}
}

static void send_some(struct admin_client *c)
{
	ssize_t sent = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		end(c);
		return;
	}
	buf_consume(&c->out, sent > 0 ? (size_t)sent : 0);
	if (c->out.len > 0)
		wait_for_space(c);
	else
		go_on(c);
}

static void answer(struct admin_client *c)
{
	c->is_last =
	    admin_answer(c->view, &c->head, c->in.data, c->is_last, &c->out);
	buf_consume(&c->in, c->head.size);
	c->head = (struct http_head){ 0 };
}

static void refuse(struct admin_client *c, int status, const char *why)
{
	c->is_last = true;
	admin_answer_refusal(status, why, &c->out);
}

/* Answer the request that has come, if it is whole. */
static void take(struct admin_client *c)
{
	const char *why = "";
	int status =
	    http_parse(&c->head, c->in.data, c->in.len, HEAD_MAX, &why);

	if (status == HTTP_MORE) {
		read_on(c);
		return;
	}
	if (status == HTTP_DONE)
		answer(c);
	else
		refuse(c, status, why);
	send_some(c);
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	struct admin_client *c = arg;

	(void)fd, (void)what;
	if (c->out.len > 0)
		send_some(c);
	else
		take(c);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct admin_client *c = arg;
	char bytes[READ_MAX];
	ssize_t got = recv(fd, bytes, sizeof bytes, 0);

	(void)what;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end(c);
		return;
	}
	if (c->is_leaving)
		return;
	if (c->in.len == 0)
		set_deadline(c, REQUEST_MS);
	if (buf_append(&c->in, bytes, (size_t)got) < 0)
		end(c);
	else
		take(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	end(arg);
}

struct admin_client *admin_client_new(struct event_base *base, int fd,
    bool is_short, const struct admin_view *view, admin_client_end_fn on_end,
    void *arg)
{
	struct admin_client *c = try_alloc(sizeof *c);

	if (!c)
		return NULL;
	*c = (struct admin_client){ .view = view,
		.on_end = on_end,
		.arg = arg,
		.fd = fd,
		.used_ms = clock_ms(),
		.is_last = is_short };
	if (event_assign(
		&c->input, base, fd, EV_READ | EV_PERSIST, on_input, c) < 0 ||
	    event_assign(&c->output, base, fd, EV_WRITE, on_output, c) < 0 ||
	    event_assign(&c->deadline, base, -1, 0, on_deadline, c) < 0)
		fatal("admin", "cannot make events");
	if (event_add(&c->input, NULL) < 0) {
		free(c);
		return NULL;
	}
	set_deadline(c, REQUEST_MS);
	return c;
}

int admin_client_end(struct admin_client *c)
{
	int fd = c->fd;

	(void)event_del(&c->input);
	(void)event_del(&c->output);
	(void)event_del(&c->deadline);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
	return fd;
}

int64_t admin_client_used_ms(const struct admin_client *c)
{
	return c->used_ms;
}
