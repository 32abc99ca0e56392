/*
 * embedded_pool: a publisher is served in turns of a few commands, whether
 * they come one by one or as megabytes at once, and what it is told goes out
 * at the end of its turn. It is not read while its turn is cut short, while
 * it leaves its replies unread, or while the workers are full.
 *
 * Leaving is not the same as closing: what was sent before a FIN is still
 * carried, and the last reply is not lost to a reset because the publisher
 * had sent more than was read. So the writing side is shut first, and what
 * still comes is thrown away, for a few seconds at most.
 */
#include "backend/embedded_pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"

enum {
	TURN_COMMANDS = 64,
	INPUT_MAX = 256 * 1024,
	OUTPUT_HIGH = 256 * 1024, /* more unread replies: it is not read */
	OUTPUT_LOW = 64 * 1024,   /* ... until no more than these are left */
	REPLIES_KEEP = 1 << 20,
	LINGER_MS = 5000,
	STRING_EXTRA = 64 * 1024,    /* so that too large a payload is told */
	STRING_STRANGER = 16 * 1024, /* before AUTH */
	ADDRESS_MAX = 80,
};

struct publisher {
	struct list link; /* in the pool */
	struct embedded_pool *pool;
	struct bufferevent *bev;    /* owned */
	struct resp_reader *reader; /* owned */
	struct event *timer; /* owned; the next turn, or the end of leaving */
	struct embedded_session session;
	bool is_eof;     /* it sends no more */
	bool is_deaf;    /* it cannot be written to any more */
	bool is_blocked; /* too many of its replies are unread */
	bool is_leaving; /* no more commands */
	char address[ADDRESS_MAX];
};

static void publisher_free(struct publisher *p)
{
	metrics_sub(p->pool->metrics, METRIC_PUBLISHERS, 1);
	p->pool->count--;
	list_del(&p->link);
	if (p->bev)
		bufferevent_free(p->bev);
	if (p->timer)
		event_free(p->timer);
	resp_reader_free(p->reader);
	free(p);
}

static bool can_run(const struct publisher *p)
{
	return !p->is_leaving && !p->is_blocked && !p->pool->is_paused;
}

static void update_reading(struct publisher *p)
{
	if (!p->is_eof && (p->is_leaving || can_run(p)))
		(void)bufferevent_enable(p->bev, EV_READ);
	else
		(void)bufferevent_disable(p->bev, EV_READ);
}

static void arm(struct publisher *p, int delay_ms)
{
	const struct timeval delay = { delay_ms / 1000,
		(suseconds_t)(delay_ms % 1000) * 1000 };

	if (event_add(p->timer, &delay) < 0)
		abort();
}

static size_t unread_replies(const struct publisher *p)
{
	return p->is_deaf ? 0
			  : evbuffer_get_length(bufferevent_get_output(p->bev));
}

/* Once the last reply is out. p may be gone afterwards. */
static void go_on_leaving(struct publisher *p)
{
	if (unread_replies(p) > 0)
		return;
	if (p->is_eof || p->is_deaf)
		publisher_free(p);
	else
		(void)shutdown(bufferevent_getfd(p->bev), SHUT_WR);
}

/* Execute no more; close when the replies are out. p may be gone then. */
static void leave(struct publisher *p)
{
	p->is_leaving = true;
	arm(p, LINGER_MS);
	bufferevent_setwatermark(p->bev, EV_WRITE, 0, 0);
	update_reading(p);
	go_on_leaving(p);
}

/* Move a slice of the input to the reader: 1, 0 when there is none, or less. */
static int feed(struct publisher *p)
{
	struct evbuffer *input = bufferevent_get_input(p->bev);
	size_t len = evbuffer_get_contiguous_space(input);
	int rc;

	if (len == 0)
		return 0;
	if (len > RESP_FEED_MAX)
		len = RESP_FEED_MAX;
	rc = resp_feed(p->reader,
	    (const char *)evbuffer_pullup(input, (ev_ssize_t)len), len);
	(void)evbuffer_drain(input, len);
	return rc < 0 ? rc : 1;
}

/* The next command: 1, 0 when none is whole, or less with e filled. */
static int next_command(
    struct publisher *p, struct resp_value *command, struct err *e)
{
	for (;;) {
		int rc = resp_next_command(p->reader, command, e);

		if (rc != 0)
			return rc;
		rc = feed(p);
		if (rc <= 0)
			return rc < 0 ? err_set(e, rc, "out of memory") : 0;
	}
}

static size_t max_string(const struct publisher *p)
{
	return p->session.is_authenticated
		   ? p->pool->host.conf->limits.payload + STRING_EXTRA
		   : STRING_STRANGER;
}

/* What comes of a turn. */
enum turn {
	TURN_EMPTY, /* nothing whole is left */
	TURN_CUT,   /* there may be more */
	TURN_LEAVE, /* after the replies */
	TURN_CLOSE, /* at once */
};

static enum turn execute(struct publisher *p, const struct resp_value *command)
{
	struct embedded_pool *pool = p->pool;

	switch (embedded_execute(
	    &pool->host, &p->session, command, &pool->replies)) {
	case EMBEDDED_GO_ON:
		resp_reader_set_max(p->reader, max_string(p));
		return TURN_CUT;
	case EMBEDDED_QUIT:
		return TURN_LEAVE;
	case EMBEDDED_ATTACK:
		log_warn("embedded",
		    "an HTTP request came here, maybe forged: closed",
		    kv_str("address", p->address));
		return TURN_CLOSE;
	case EMBEDDED_NO_MEMORY:
		break;
	}
	log_warn("embedded", "out of memory: publisher closed",
	    kv_str("address", p->address));
	return TURN_CLOSE;
}

static enum turn refuse(struct publisher *p, const struct err *e)
{
	log_warn("embedded", "protocol error: publisher closed",
	    kv_str("address", p->address), kv_str("reason", e->text));
	buf_printf(&p->pool->replies, "-ERR Protocol error: %s\r\n", e->text);
	return TURN_LEAVE;
}

/* Execute commands until one of the bounds of a turn is met. */
static enum turn take_turn(struct publisher *p)
{
	enum turn turn = TURN_CUT;

	for (int i = 0; i < TURN_COMMANDS && turn == TURN_CUT && can_run(p) &&
			p->pool->replies.len < OUTPUT_HIGH;
	     i++) {
		struct resp_value command;
		struct err e;
		int rc = next_command(p, &command, &e);

		if (rc > 0)
			turn = execute(p, &command);
		else
			turn = rc < 0 ? refuse(p, &e) : TURN_EMPTY;
	}
	return turn;
}

static int send_replies(struct publisher *p)
{
	struct buf *replies = &p->pool->replies;
	int rc = 0;

	if (replies->len > 0 && !p->is_deaf)
		rc = bufferevent_write(p->bev, replies->data, replies->len);
	replies->len = 0;
	if (replies->cap > REPLIES_KEEP)
		buf_fini(replies);
	return rc;
}

/* Cut short: the next turn comes by itself, or when what holds it up ends. */
static void go_on(struct publisher *p)
{
	p->is_blocked = unread_replies(p) > OUTPUT_HIGH;
	update_reading(p);
	if (can_run(p))
		arm(p, 0);
}

/* One turn of a publisher, which may be gone afterwards. */
static void run(struct publisher *p)
{
	struct embedded_pool *pool = p->pool;
	enum turn turn;

	if (!can_run(p))
		return;
	turn = take_turn(p);
	pool->host.sink->on_batch_end(pool->host.arg);
	if (send_replies(p) < 0)
		turn = TURN_CLOSE;
	if (turn == TURN_CLOSE)
		publisher_free(p);
	else if (turn == TURN_LEAVE || (turn == TURN_EMPTY && p->is_eof))
		leave(p);
	else if (turn == TURN_CUT || unread_replies(p) > OUTPUT_HIGH)
		go_on(p);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct publisher *p = arg;

	(void)fd, (void)what;
	if (p->is_leaving)
		publisher_free(p);
	else
		run(p);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct publisher *p = arg;
	struct evbuffer *input = bufferevent_get_input(bev);

	if (p->is_leaving)
		(void)evbuffer_drain(input, evbuffer_get_length(input));
	else if (!event_pending(p->timer, EV_TIMEOUT, NULL))
		run(p); /* else it has had its turn */
}

static void on_write(struct bufferevent *bev, void *arg)
{
	struct publisher *p = arg;

	(void)bev;
	if (p->is_leaving) {
		go_on_leaving(p);
	} else if (p->is_blocked) {
		p->is_blocked = false;
		update_reading(p);
		arm(p, 0);
	}
}

/*
 * A publisher that cannot be written to has often just closed behind its last
 * PUBLISH: what it sent is still read.
 */
static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct publisher *p = arg;

	(void)bev;
	if (what & BEV_EVENT_READING)
		p->is_eof = true;
	else
		p->is_deaf = true;
	if (p->is_leaving) {
		go_on_leaving(p);
		return;
	}
	p->is_blocked = false;
	update_reading(p);
	run(p);
}

static void refuse_connection(int fd, const char *address)
{
	static const char text[] = "-ERR max number of clients reached\r\n";

	log_warn("embedded", "too many publishers: connection refused",
	    kv_str("address", address),
	    kv_int("publishers", EMBEDDED_PUBLISHERS_MAX));
	(void)send(fd, text, sizeof text - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)close(fd);
}

void embedded_pool_init(struct embedded_pool *pool, struct event_base *base,
    struct metrics *metrics, const struct embedded_host *host)
{
	*pool = (struct embedded_pool){
		.base = base, .metrics = metrics, .host = *host
	};
	list_init(&pool->publishers);
}

void embedded_pool_add(struct embedded_pool *pool, int fd, const char *address)
{
	struct publisher *p;

	if (pool->count >= EMBEDDED_PUBLISHERS_MAX) {
		refuse_connection(fd, address);
		return;
	}
	p = xcalloc(1, sizeof *p);
	p->pool = pool;
	list_add(&pool->publishers, &p->link);
	pool->count++;
	metrics_add(pool->metrics, METRIC_PUBLISHERS, 1);
	embedded_session_init(&p->session, &pool->host, ++pool->last_id);
	(void)snprintf(p->address, sizeof p->address, "%s", address);
	p->reader = resp_reader_new(max_string(p));
	p->timer = evtimer_new(pool->base, on_timer, p);
	p->bev = bufferevent_socket_new(pool->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!p->timer || !p->bev) {
		if (!p->bev)
			(void)close(fd);
		publisher_free(p);
		return;
	}
	bufferevent_setcb(p->bev, on_read, on_write, on_event, p);
	bufferevent_setwatermark(p->bev, EV_READ, 0, INPUT_MAX);
	bufferevent_setwatermark(p->bev, EV_WRITE, OUTPUT_LOW, 0);
	(void)bufferevent_enable(p->bev, EV_WRITE);
	update_reading(p);
}

void embedded_pool_set_paused(struct embedded_pool *pool, bool is_paused)
{
	if (pool->is_paused == is_paused)
		return;
	pool->is_paused = is_paused;
	list_foreach (link, &pool->publishers) {
		struct publisher *p =
		    container_of(link, struct publisher, link);

		update_reading(p);
		if (can_run(p))
			arm(p, 0); /* what it has sent already */
	}
}

void embedded_pool_fini(struct embedded_pool *pool)
{
	list_foreach_safe (link, &pool->publishers) {
		publisher_free(container_of(link, struct publisher, link));
	}
	buf_fini(&pool->replies);
}
