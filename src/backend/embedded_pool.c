/*
 * embedded_pool: a publisher is served in turns of one read and the commands
 * that are whole by then, and what it is told goes out at the end of its
 * turn. It is not read while its turn is cut short, while it leaves its
 * replies unread, or while the workers are full.
 *
 * With a password, the places are for those who know it; see
 * embedded_strangers.
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

#include <event2/event.h>

#include "backend/wire.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "sys/timer.h"

enum {
	TURN_COMMANDS = 256,
	TURN_BYTES = 256 * 1024, /* of commands that are executed */
	UNREAD_MAX = 256 * 1024, /* more unread replies: it is not read */
	REPLIES_KEEP = 1 << 20,
	LINGER_MS = 5000,
	STRING_EXTRA = 64 * 1024,    /* so that too large a payload is told */
	STRING_STRANGER = 16 * 1024, /* before AUTH */
	QUEUED_EXTRA = 16 << 20,     /* in a transaction, over a payload */
	QUEUED_SHARE = 4, /* so many of the longest transactions at once */
	ADDRESS_MAX = 80,
};

struct publisher {
	struct list link; /* in the pool */
	struct embedded_pool *pool;
	struct wire wire;
	struct resp_reader *reader; /* owned */
	struct event *timer; /* owned; the next turn, or the end of leaving */
	struct embedded_session session;
	struct stranger stranger;
	bool is_eof;     /* it sends no more */
	bool is_leaving; /* no more commands */
	char address[ADDRESS_MAX];
};

static void publisher_free(struct publisher *p)
{
	metrics_sub(p->pool->metrics, METRIC_PUBLISHERS, 1);
	p->pool->count--;
	list_del(&p->link);
	strangers_del(&p->pool->strangers, &p->stranger);
	wire_close(&p->wire);
	event_free(p->timer);
	resp_reader_free(p->reader);
	embedded_session_fini(&p->session);
	free(p);
}

static bool can_run(const struct publisher *p)
{
	return !p->is_leaving && !p->pool->is_paused &&
	       p->wire.unsent.len <= UNREAD_MAX;
}

static void arm(struct publisher *p, int delay_ms)
{
	timer_arm(p->timer, delay_ms, "embedded");
}

/* Read on, unless what has come already waits for a turn. */
static void update_reading(struct publisher *p)
{
	bool waits = !can_run(p) || event_pending(p->timer, EV_TIMEOUT, NULL);

	wire_set_reading(&p->wire, !p->is_eof && (p->is_leaving || !waits));
}

/* Go on in the next turn of the loop, if it may, or else when it may. */
static void run_later(struct publisher *p)
{
	if (can_run(p))
		arm(p, 0);
	update_reading(p);
}

/* Once the last reply is out. p may be gone afterwards. */
static void go_on_leaving(struct publisher *p)
{
	if (p->wire.unsent.len > 0)
		return;
	if (p->is_eof || wire_is_deaf(&p->wire))
		publisher_free(p);
	else
		wire_end(&p->wire);
}

/* Execute no more; close when the replies are out. p may be gone then. */
static void leave(struct publisher *p)
{
	p->is_leaving = true;
	arm(p, LINGER_MS);
	update_reading(p);
	go_on_leaving(p);
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

static enum turn lack_memory(const struct publisher *p)
{
	log_warn("embedded", "out of memory: publisher closed",
	    kv_str("address", p->address));
	return TURN_CLOSE;
}

/* AUTH makes it known; a wrong one, or RESET, a stranger again. */
static void update_stranger(struct publisher *p)
{
	if (p->session.is_authenticated)
		strangers_del(&p->pool->strangers, &p->stranger);
	else
		strangers_add(&p->pool->strangers, &p->stranger);
}

static enum turn execute(struct publisher *p, const struct resp_value *command)
{
	struct embedded_pool *pool = p->pool;

	switch (embedded_execute(
	    &pool->host, &p->session, command, &pool->replies)) {
	case EMBEDDED_GO_ON:
		update_stranger(p);
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
	return lack_memory(p);
}

static enum turn refuse(struct publisher *p, const struct err *e)
{
	log_warn("embedded", "protocol error: publisher closed",
	    kv_str("address", p->address), kv_str("reason", e->text));
	buf_printf(&p->pool->replies, "-ERR Protocol error: %s\r\n", e->text);
	return TURN_LEAVE;
}

static size_t size_of(const struct resp_value *command)
{
	size_t size = 0;

	for (size_t i = 0; i < command->count; i++)
		size += command->items[i].text.len;
	return size;
}

/* Execute one command, whose size is added to *bytes, if there is one. */
static enum turn take_command(struct publisher *p, size_t *bytes)
{
	struct resp_item items[RESP_MAX_ITEMS];
	struct resp_value command;
	struct err e;
	int rc = 1;

	if (!embedded_next_queued(&p->session, items, &command))
		rc = resp_next_command(p->reader, &command, &e);
	if (rc <= 0)
		return rc < 0 ? refuse(p, &e) : TURN_EMPTY;
	*bytes += size_of(&command);
	return execute(p, &command);
}

/* Execute commands until one of the bounds of a turn is met. */
static enum turn take_turn(struct publisher *p)
{
	enum turn turn = TURN_CUT;
	size_t bytes = 0;

	for (int i = 0;
	     i < TURN_COMMANDS && bytes < TURN_BYTES && turn == TURN_CUT &&
	     can_run(p) && p->pool->replies.len < UNREAD_MAX;
	     i++)
		turn = take_command(p, &bytes);
	return turn;
}

static int send_replies(struct publisher *p)
{
	struct buf *replies = &p->pool->replies;
	int rc = 0;

	if (replies->len > 0)
		rc = wire_send(&p->wire, buf_slice(replies));
	replies->len = 0;
	if (replies->cap > REPLIES_KEEP)
		buf_fini(replies);
	return rc;
}

/* What comes after a turn; p may be gone afterwards. */
static void conclude(struct publisher *p, enum turn turn)
{
	switch (turn) {
	case TURN_EMPTY:
		if (p->is_eof)
			leave(p);
		else
			update_reading(p);
		break;
	case TURN_CUT:
		run_later(p);
		break;
	case TURN_LEAVE:
		leave(p);
		break;
	case TURN_CLOSE:
		publisher_free(p);
		break;
	}
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
		turn = lack_memory(p);
	conclude(p, turn);
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

/* Read once; what comes while it is leaving is thrown away. */
static int receive(struct publisher *p)
{
	char input[RESP_FEED_MAX];
	ssize_t got = wire_read(&p->wire, input, sizeof input);

	if (got > 0 && !p->is_leaving)
		return resp_feed(p->reader, input, (size_t)got);
	if (got <= 0 && got != -EAGAIN)
		p->is_eof = true;
	return 0;
}

/* An error is an end, too: what was sent before it is still carried. */
static void on_readable(void *arg)
{
	struct publisher *p = arg;

	if (receive(p) < 0)
		conclude(p, lack_memory(p));
	else if (!p->is_leaving)
		run(p);
	else if (p->is_eof)
		go_on_leaving(p);
}

static void on_drained(void *arg)
{
	struct publisher *p = arg;

	if (p->is_leaving)
		go_on_leaving(p);
	else
		run_later(p);
}

static const struct wire_sink wire_sink = {
	.on_readable = on_readable,
	.on_drained = on_drained,
};

/* --- who may be here --- */

/* A last word that is not waited for. */
static void say(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void refuse_connection(
    struct embedded_pool *pool, int fd, const char *address)
{
	metrics_inc(pool->metrics, METRIC_PUBLISHERS_REFUSED_FULL);
	log_warn("embedded", "too many publishers: connection refused",
	    kv_str("address", address),
	    kv_int("publishers", EMBEDDED_PUBLISHERS_MAX));
	say(fd, "-ERR max number of clients reached\r\n");
	(void)close(fd);
}

static void turn_away(struct stranger *stranger, enum stranger_fate fate)
{
	struct publisher *p =
	    container_of(stranger, struct publisher, stranger);
	bool is_late = fate == STRANGER_LATE;

	metrics_inc(p->pool->metrics, is_late
					  ? METRIC_PUBLISHERS_REFUSED_LATE
					  : METRIC_PUBLISHERS_REFUSED_PUSHED);
	log_warn("embedded",
	    is_late ? "no AUTH in time: publisher closed"
		    : "too many publishers without AUTH: the oldest is closed",
	    kv_str("address", p->address),
	    kv_int("timeout_ms", EMBEDDED_STRANGER_MS));
	say(p->wire.fd, "-NOAUTH AUTH did not come in time\r\n");
	publisher_free(p);
}

/* Whether there is room for one more, if need be in a stranger's place. */
static bool has_place(struct embedded_pool *pool)
{
	return pool->count < EMBEDDED_PUBLISHERS_MAX ||
	       strangers_push(&pool->strangers);
}

void embedded_pool_init(struct embedded_pool *pool, struct event_base *base,
    struct metrics *metrics, const struct embedded_host *host)
{
	size_t queued = host->conf->limits.payload + QUEUED_EXTRA;

	*pool = (struct embedded_pool){
		.base = base,
		.metrics = metrics,
		.host = *host,
		.budget = { queued, QUEUED_SHARE * queued, 0 },
	};
	pool->host.budget = &pool->budget;
	list_init(&pool->publishers);
	strangers_init(&pool->strangers, base, turn_away);
}

void embedded_pool_add(struct embedded_pool *pool, int fd, const char *address)
{
	struct publisher *p;

	if (!has_place(pool)) {
		refuse_connection(pool, fd, address);
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
	if (!p->timer)
		fatal("embedded", "cannot add an event: out of memory");
	wire_open(&p->wire, pool->base, fd, &wire_sink, p);
	update_reading(p);
	update_stranger(p);
}

void embedded_pool_set_paused(struct embedded_pool *pool, bool is_paused)
{
	if (pool->is_paused == is_paused)
		return;
	pool->is_paused = is_paused;
	strangers_set_held(&pool->strangers, is_paused);
	list_foreach (link, &pool->publishers) {
		run_later(container_of(link, struct publisher, link));
	}
}

void embedded_pool_fini(struct embedded_pool *pool)
{
	list_foreach_safe (link, &pool->publishers) {
		publisher_free(container_of(link, struct publisher, link));
	}
	strangers_fini(&pool->strangers);
	buf_fini(&pool->replies);
}
