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
#include "net/admin_call.h"
#include "net/admin_pages.h"
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
	admin_client_end_fn on_end;
	void *arg;
	int fd; /* owned */
	struct event input;
	struct event output; /* added while there is something unsent */
	struct event deadline;
	int64_t used_ms;
	struct http_head head;  /* of the request that in begins with */
	struct admin_call call; /* what it asks for, once the head is whole */
	struct buf in;          /* read, and not answered */
	struct buf out;         /* an answer, as far as it is unsent */
	bool has_asked;         /* a head was whole, or none of HTTP */
	bool is_leaving;        /* no more requests: until the peer closes */
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
	if (c->call.is_last) {
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

/* Ready for a request: the first one, or the next. */
static void reset(struct admin_client *c)
{
	c->head = (struct http_head){ 0 };
	c->call.page = NULL;
	c->call.status = 0;
	c->call.body_len = 0;
}

static void on_answered(void *arg)
{
	struct admin_client *c = arg;
	size_t len = c->head.size + c->call.body_len;

	admin_answer_put(&c->call, &c->out);
	admin_call_fini(&c->call);
	buf_consume(&c->in, len < c->in.len ? len : c->in.len);
	reset(c);
	send_some(c);
}

static void refuse(struct admin_client *c, int status, const char *why)
{
	c->call.is_last = true;
	admin_answer_refusal(status, why, &c->out);
	send_some(c);
}

/*
 * Before anything else of this answer, and where the socket has no room for
 * some bytes not at all: the client then sends its body a second later.
 */
static void say_continue(struct admin_client *c)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (c->call.expects_continue)
		(void)send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL);
	c->call.expects_continue = false;
}

/* The head is whole, and perhaps its body. */
static void serve(struct admin_client *c)
{
	struct admin_call *call = &c->call;
	size_t there = c->in.len - c->head.size;

	if (call->status == 0 && there < call->body_len) {
		say_continue(c);
		read_on(c);
		return;
	}
	(void)event_del(&c->input);
	if (call->status == 0) {
		call->body =
		    slice_of(c->in.data + c->head.size, call->body_len);
		call->status = 200;
		call->page->run(call);
	}
	if (!call->cancel)
		on_answered(c);
}

/* Go on with the request that comes, as far as it is there. */
static void take(struct admin_client *c)
{
	const char *why = "";
	int status = HTTP_DONE;

	if (c->head.size > 0) {
		serve(c);
		return;
	}
	status = http_parse(&c->head, c->in.data, c->in.len, HEAD_MAX, &why);
	c->has_asked |= status != HTTP_MORE;
	if (status == HTTP_DONE) {
		admin_answer_open(&c->call, &c->head, c->in.data);
		serve(c);
	} else if (status == HTTP_MORE) {
		read_on(c);
	} else {
		refuse(c, status, why);
	}
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
	memset(c, 0, sizeof *c);
	c->on_end = on_end;
	c->arg = arg;
	c->fd = fd;
	c->used_ms = clock_ms();
	c->call.view = view;
	c->call.is_last = is_short;
	c->call.on_answered = on_answered;
	c->call.arg = c;
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
	event_active(&c->input, EV_READ, 0); /* its request may have come */
	return c;
}

int admin_client_end(struct admin_client *c)
{
	int fd = c->fd;

	(void)event_del(&c->input);
	(void)event_del(&c->output);
	(void)event_del(&c->deadline);
	admin_call_fini(&c->call);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
	return fd;
}

bool admin_client_has_asked(const struct admin_client *c)
{
	return c->has_asked;
}

int64_t admin_client_used_ms(const struct admin_client *c)
{
	return c->used_ms;
}
