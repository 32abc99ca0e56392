/*
 * session: an open connection: what its frames mean, keepalive, and what time
 * does to it. How it ends is net/goodbye.
 */
#include "net/session.h"

#include <errno.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "core/behind.h"
#include "core/conn.h"
#include "core/flush.h"
#include "core/outq.h"
#include "core/presence.h"
#include "core/tell_app.h"
#include "core/worker.h"
#include "net/goodbye.h"
#include "net/io.h"
#include "net/linger.h"
#include "net/session_form.h"

/* Bytes of pongs for a peer that never reads. */
enum { REPLIES_WAITING = 4096 };

static int64_t keepalive_ms(const struct conn *c)
{
	return c->worker->conf->keepalive.ping_interval_ms;
}

static int64_t timeout_ms(const struct conn *c)
{
	return c->worker->conf->keepalive.pong_timeout_ms;
}

/* Milliseconds until a message that the peer has begun must be whole. */
static int64_t message_left_ms(const struct conn *c)
{
	return timeout_ms(c) - ((uint32_t)c->worker->now_ms - c->message_ms);
}

/* Arm the timer for what comes after delay_ms, or for a deadline before it. */
static void arm(struct conn *c, int64_t delay_ms)
{
	if (c->decoder && message_left_ms(c) < delay_ms)
		delay_ms = message_left_ms(c) > 0 ? message_left_ms(c) : 0;
	if (c->expires_s) {
		int64_t left = (int64_t)c->expires_s * 1000 - clock_wall_ms();

		if (left < delay_ms)
			delay_ms = left > 0 ? left : 0;
	}
	io_arm(c, delay_ms);
}

/* Credentials carry a date, so this one looks at the time of day. */
static bool is_expired(const struct conn *c)
{
	return c->expires_s && (int64_t)c->expires_s * 1000 <= clock_wall_ms();
}

static void on_input(struct conn *c, struct slice bytes);

void session_start(struct conn *c, const struct request *r)
{
	struct slice input = slice_after(r->bytes, r->head->size);
	int64_t interval = keepalive_ms(c);
	char first[SESSION_FIRST_MAX];
	size_t len = session_form_of(c)->start(c, r, first);

	conn_set_state(c, CONN_OPEN);
	tell_app_connected(c);
	presence_open(c);
	io_forget_idle(c);
	/* Anywhere in the interval: a storm of clients must not ping as one. */
	arm(c,
	    interval / 5 + worker_random(c->worker, interval - interval / 5));
	if (flush_control(c, slice_of(first, len), false) < 0) {
		goodbye_close(c, CLOSE_INTERNAL, false);
		return;
	}
	if (c->outq)
		conn_mark_dirty(c);
	if (input.len > 0 && c->state == CONN_OPEN)
		on_input(c, input);
}

/* --- input --- */

static bool is_flooded(const struct conn *c)
{
	return c->outq && c->outq->control.frames.len > REPLIES_WAITING;
}

static bool is_within_rate(struct conn *c, unsigned frames)
{
	const struct worker *w = c->worker;
	unsigned rate = w->conf->limits.inbound_rate;

	while (frames-- > 0)
		if (!bucket_take(&c->inbound, rate, w->now_ms))
			return false;
	return true;
}

/*
 * A message that is not whole holds a decoder, which is large, until its
 * deadline.
 */
static void watch_message(struct conn *c, const struct session_input *input)
{
	int64_t due_ms = c->worker->now_ms + timeout_ms(c);

	if (!c->decoder || !input->is_fresh || c->state != CONN_OPEN)
		return;
	c->message_ms = (uint32_t)c->worker->now_ms;
	if (due_ms < c->timer.due_ms)
		io_arm(c, timeout_ms(c));
}

/* It sends too much: from here on none of it is looked at, and it is closed. */
static void stop_listening(struct conn *c)
{
	c->input_is_over = true;
	if (c->state == CONN_OPEN)
		goodbye_close(c, CLOSE_RATE, false);
	else if (c->state == CONN_CLOSING && !c->outq)
		linger_start(c);
}

static void handle(
    struct conn *c, const struct session_input *input, struct slice replies)
{
	metrics_add(&c->worker->metrics, METRIC_INBOUND_FRAMES, input->frames);
	if (input->is_over)
		goodbye_answer(c, input, replies);
	else if (!is_within_rate(c, input->frames))
		stop_listening(c);
	else if (c->state != CONN_OPEN)
		return; /* nothing follows a close frame */
	else if (replies.len > 0 && flush_control(c, replies, false) < 0)
		goodbye_close(c, CLOSE_INTERNAL, false);
	else if (replies.len > 0 && is_flooded(c))
		goodbye_close(c, CLOSE_RATE, false);
}

/* Whatever it sends counts as the answer to a ping. */
static void note_pong(struct conn *c)
{
	uint32_t passed_ms = (uint32_t)clock_ms() - c->pinged_ms;

	if (c->state == CONN_OPEN)
		c->round_trip_ms = passed_ms > 0 ? passed_ms : 1;
	c->awaits_pong = false;
}

static void on_input(struct conn *c, struct slice bytes)
{
	struct session_input input = { 0 };
	struct buf replies = { 0 };

	if (c->awaits_pong)
		note_pong(c);
	if (session_form_of(c)->on_input(c, bytes, &replies, &input) < 0)
		goodbye_close(c, CLOSE_INTERNAL, false);
	else
		handle(c, &input, buf_slice(&replies));
	watch_message(c, &input);
	buf_fini(&replies);
}

/* Whether the TLS records without data that have come are within the rate. */
static bool is_idle_within_rate(struct conn *c)
{
	unsigned records = io_idle_records(c);

	io_forget_idle(c);
	return is_within_rate(c, records);
}

void session_on_readable(struct conn *c)
{
	struct worker *w = c->worker;
	ssize_t n;

	if (c->input_is_over) {
		io_discard(c);
		return;
	}
	n = io_read(c, w->scratch, WORKER_SCRATCH);
	if (!is_idle_within_rate(c))
		stop_listening(c);
	else if (n > 0)
		on_input(c, slice_of(w->scratch, (size_t)n));
	else if (n == 0)
		goodbye_leave(c);
	else if (n != -EAGAIN)
		goodbye_close(c, CLOSE_PEER_GONE, false);
}

/* --- keepalive --- */

static void ping(struct conn *c)
{
	char words[SESSION_WORDS_MAX];
	size_t len = session_form_of(c)->beat(words);
	int64_t wait = timeout_ms(c);

	behind_beat(c);
	c->is_pinged = c->awaits_pong = true;
	c->pinged_ms = (uint32_t)c->worker->now_ms;
	arm(c, wait < keepalive_ms(c) ? wait : keepalive_ms(c));
	metrics_inc(&c->worker->metrics, METRIC_PINGS);
	if (flush_control(c, slice_of(words, len), false) < 0)
		goodbye_close(c, CLOSE_INTERNAL, false);
}

/*
 * Whether the peer has been heard of; anything it sent counts as a pong. Of one
 * that says nothing its system's acknowledgement does.
 */
static bool is_alive(struct conn *c, int64_t passed_ms)
{
	if (session_form_of(c)->is_one_way)
		return io_is_acknowledged(c, passed_ms);
	/* After a long stop of this process the answer may be there unread. */
	if (c->awaits_pong)
		session_on_readable(c);
	return !c->awaits_pong;
}

/* A ping was sent a while ago: send the next one in time, or give up. */
static void check_pong(struct conn *c)
{
	struct worker *w = c->worker;
	int64_t timeout = timeout_ms(c);
	int64_t passed = (uint32_t)w->now_ms - c->pinged_ms;
	int64_t interval = keepalive_ms(c) - keepalive_ms(c) / 5 +
			   worker_random(w, keepalive_ms(c) / 5);
	bool alive = is_alive(c, passed);

	if (c->state != CONN_OPEN)
		return;
	if (alive) {
		c->is_pinged = false;
		arm(c, interval > passed ? interval - passed : 0);
	} else if (passed < timeout) {
		arm(c, timeout - passed);
	} else {
		goodbye_close(c, CLOSE_PONG_TIMEOUT, false);
	}
}

/*
 * Whether bytes wait for a peer that has taken none for the time of a pong. It
 * cannot have seen our pings, so what it sends is no answer to them.
 */
static bool is_stuck(struct conn *c)
{
	uint32_t now = (uint32_t)c->worker->now_ms;

	/* An empty socket has been read, whether or not the poller says so. */
	if (!c->is_blocked || io_has_moved(c) || c->unacked == 0) {
		c->moved_ms = now;
		return false;
	}
	return now - c->moved_ms >= timeout_ms(c);
}

/* A code of its own, where the app has agreed to it. */
static enum close_reason expiry_of(const struct conn *c)
{
	return c->route->refuse == CONF_REFUSE_CLOSE ? CLOSE_EXPIRED_TOLD
						     : CLOSE_EXPIRED;
}

void session_on_due(struct conn *c)
{
	if (c->state == CONN_CLOSING)
		goodbye_on_due(c);
	else if (is_expired(c))
		goodbye_close(c, expiry_of(c), false);
	else if (c->decoder && message_left_ms(c) <= 0)
		goodbye_close(c, CLOSE_UNFINISHED, false);
	else if (is_stuck(c))
		goodbye_close(c, CLOSE_PONG_TIMEOUT, false);
	else if (c->is_pinged)
		check_pong(c);
	else
		ping(c);
}
