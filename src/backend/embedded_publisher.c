/*
 * embedded_publisher: a publisher is served in turns of one read and the
 * commands that are whole by then, and what it is told goes out at the end of
 * its turn. It is not read while its turn is cut short, while it leaves its
 * replies unread, or while the workers are full.
 *
 * Leaving is not the same as closing: what was sent before a FIN is still
 * carried, and the last reply is not lost to a reset because the publisher
 * had sent more than was read. So the writing side is shut first, and what
 * still comes is thrown away, for a few seconds at most.
 */
#include "backend/embedded_publisher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/embedded_commands.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "proto/resp_write.h"
#include "sys/timer.h"

enum {
	TURN_COMMANDS = 256,
	TURN_BYTES = 256 * 1024,         /* of commands that are executed */
	REPLIES_UNREAD_MAX = 256 * 1024, /* more of them: it is not read */
	REPLIES_KEEP = 1 << 20,
	LINGER_MS = 5000,
	STRING_EXTRA = 64 * 1024,    /* so that too large a payload is told */
	STRING_STRANGER = 16 * 1024, /* before AUTH */
	LOOK_MS = 1000,              /* after whoever waits for an answer */
};

void embedded_publisher_free(struct publisher *p)
{
	metrics_sub(p->shared->metrics, METRIC_PUBLISHERS, 1);
	p->shared->count--;
	list_del(&p->link);
	embedded_strangers_del(&p->shared->strangers, &p->stranger);
	wire_close(&p->wire);
	event_free(p->timer);
	resp_reader_free(p->reader);
	embedded_session_fini(&p->session);
	free(p);
}

/* For events: it has asked for the next one. */
static bool is_waiting(const struct publisher *p)
{
	return p->session.listener.state == EMBEDDED_WAITING;
}

static bool can_run(const struct publisher *p)
{
	return !p->is_leaving && !is_waiting(p) && !p->shared->is_paused &&
	       wire_unsent(&p->wire) <= REPLIES_UNREAD_MAX;
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

/* Until its answer is due, or a look at whether it is there yet. */
static int wait_ms(const struct publisher *p)
{
	const struct embedded_listener *l = &p->session.listener;
	int64_t left_ms = l->until_ms - clock_ms();

	if (left_ms <= 0 || embedded_events_has_news(p->shared->host.events, l))
		return 0;
	return left_ms < LOOK_MS ? (int)left_ms : LOOK_MS;
}

void embedded_publisher_run_later(struct publisher *p)
{
	if (can_run(p))
		arm(p, 0);
	else if (is_waiting(p))
		arm(p, wait_ms(p));
	update_reading(p);
}

/* Once the last reply is out. p may be gone afterwards. */
static void go_on_leaving(struct publisher *p)
{
	if (wire_unsent(&p->wire) > 0)
		return;
	if (p->is_eof || wire_is_deaf(&p->wire))
		embedded_publisher_free(p);
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
		   ? p->shared->host.conf->limits.payload + STRING_EXTRA
		   : STRING_STRANGER;
}

void embedded_publisher_use_conf(struct publisher *p)
{
	resp_reader_set_max(p->reader, max_string(p));
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
	log_warn(LOG_EMBEDDED, "out of memory: publisher closed",
	    kv_str("address", p->address));
	return TURN_CLOSE;
}

/* AUTH makes it known; a wrong one, or RESET, a stranger again. */
static void update_stranger(struct publisher *p)
{
	if (p->session.is_authenticated)
		embedded_strangers_del(&p->shared->strangers, &p->stranger);
	else
		embedded_strangers_add(&p->shared->strangers, &p->stranger);
}

static enum turn execute(struct publisher *p, const struct resp_value *command)
{
	struct publisher_shared *shared = p->shared;

	switch (embedded_commands_execute(
	    &shared->host, &p->session, command, &shared->replies)) {
	case EMBEDDED_GO_ON:
		update_stranger(p);
		resp_reader_set_max(p->reader, max_string(p));
		return TURN_CUT;
	case EMBEDDED_QUIT:
		return TURN_LEAVE;
	case EMBEDDED_ATTACK:
		log_warn(LOG_EMBEDDED,
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
	log_warn(LOG_EMBEDDED, "protocol error: publisher closed",
	    kv_str("address", p->address), kv_str("reason", e->text));
	buf_printf(&p->shared->replies, "-ERR Protocol error: %s\r\n", e->text);
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

	if (!embedded_commands_next_queued(&p->session, items, &command))
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
	     can_run(p) && p->shared->replies.len < REPLIES_UNREAD_MAX;
	     i++)
		turn = take_command(p, &bytes);
	return turn;
}

static int send_replies(struct publisher *p)
{
	struct buf *replies = &p->shared->replies;
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
		embedded_publisher_run_later(p);
		break;
	case TURN_LEAVE:
		leave(p);
		break;
	case TURN_CLOSE:
		embedded_publisher_free(p);
		break;
	}
}

/* One turn of a publisher, which may be gone afterwards. */
static void run(struct publisher *p)
{
	struct publisher_shared *shared = p->shared;
	enum turn turn;

	if (!can_run(p))
		return;
	turn = take_turn(p);
	shared->host.sink->on_batch_end(shared->host.arg);
	if (send_replies(p) < 0)
		turn = lack_memory(p);
	conclude(p, turn);
}

/* --- who hears events --- */

/* The answer that it waits for, if it is due; p may be gone afterwards. */
static void go_on_waiting(struct publisher *p)
{
	struct publisher_shared *shared = p->shared;
	struct resp_writer w = { .out = &shared->replies,
		.is_resp3 = p->session.is_resp3 };

	if (wait_ms(p) > 0 && !wire_has_ended(&p->wire)) {
		arm(p, wait_ms(p));
		return;
	}
	embedded_events_put(shared->host.events, &p->session.listener, &w);
	if (w.is_out_of_memory || send_replies(p) < 0)
		conclude(p, lack_memory(p));
	else
		run(p);
}

void embedded_publisher_end_soon(struct publisher *p)
{
	p->is_leaving = true;
	arm(p, 0);
	update_reading(p);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct publisher *p = arg;

	(void)fd, (void)what;
	if (p->is_leaving)
		embedded_publisher_free(p);
	else if (is_waiting(p))
		go_on_waiting(p);
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
		embedded_publisher_run_later(p);
}

static const struct wire_sink wire_sink = {
	.on_readable = on_readable,
	.on_drained = on_drained,
};

void embedded_publisher_start(
    struct publisher_shared *shared, int fd, const char *address)
{
	struct publisher *p = xcalloc(1, sizeof *p);

	p->shared = shared;
	list_add(&shared->publishers, &p->link);
	shared->count++;
	metrics_add(shared->metrics, METRIC_PUBLISHERS, 1);
	embedded_session_init(&p->session, &shared->host, ++shared->last_id);
	(void)snprintf(p->address, sizeof p->address, "%s", address);
	p->reader = resp_reader_new(max_string(p));
	p->timer = timer_new(shared->base, on_timer, p, "embedded");
	wire_open(&p->wire, shared->base, fd, &wire_sink, p);
	update_reading(p);
	update_stranger(p);
}
