/*
 * flush: the last stretch of a message's way. conn_deliver puts it into a
 * connection's queue (the fan-out calls it for each member), conn_flush
 * writes what has gathered with one writev at the end of the turn.
 */
#include <errno.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/membership.h"
#include "core/poller.h"
#include "core/relief.h"
#include "core/spares.h"
#include "core/transport.h"
#include "core/worker.h"

enum {
	FLUSH_PIECES = 64,       /* in one writev */
	FLUSH_BYTES = 256 << 10, /* a connection's share of a turn */
	/*
	 * How long a queue may be over delivery.queue, and how far. A socket
	 * that was full takes bytes again within milliseconds of its reader's
	 * next read; a reader on a busy machine may be that late.
	 */
	GRACE_MS = 500,
	GRACE_TIMES = 2,
};

/* The frame that this connection gets of a message. */
static struct slice frame_for(const struct conn *c, const struct delivery *d)
{
	return message_frame(d->message, c->form);
}

/*
 * The connection's queue, made when it is missing. The message that waited
 * without one is the first in it. NULL when memory is out.
 */
static struct outq *need_queue(struct conn *c)
{
	struct outq *q = c->outq;

	if (q)
		return q;
	q = spares_take_outq(c->worker);
	if (!q)
		return NULL;
	q->form = c->form;
	if (c->only) {
		if (outq_push(q, c->only) < 0) {
			spares_give_outq(c->worker, q);
			return NULL;
		}
		spares_unref_delivery(c->worker, c->only);
		c->only = NULL;
	}
	c->outq = q;
	if (c->state < CONN_OPEN)
		relief_add(c); /* nothing leaves yet */
	return q;
}

/* Remove the oldest message that no byte was written of; NULL: none waits. */
static struct delivery *take_oldest(struct conn *c)
{
	struct delivery *d = c->only;

	c->only = NULL;
	if (!d && c->outq)
		d = outq_drop_oldest(c->outq);
	if (d)
		metrics_sub(&c->worker->metrics, METRIC_QUEUED_BYTES,
		    frame_for(c, d).len);
	return d;
}

static void release_queue(struct conn *c)
{
	struct outq *q = c->outq;

	c->outq = NULL;
	relief_del(c->worker, q);
	spares_give_outq(c->worker, q);
}

static void message_written(void *arg, struct delivery *d)
{
	spares_unref_delivery(arg, d);
}

/* The socket takes no more: wait until it does. */
static void block(struct conn *c)
{
	metrics_inc(&c->worker->metrics, METRIC_WRITES_BLOCKED);
	if (poller_block(c) < 0)
		conn_kill(c);
	else
		relief_add(c);
}

static size_t queue_limit(const struct conn *c)
{
	return c->worker->shared->conf->delivery.queue;
}

/* Take what writev wrote off the queue. */
static void account(struct conn *c, size_t written)
{
	struct worker *w = c->worker;
	struct outq *q = c->outq;
	size_t before = q->bytes;

	outq_advance(q, written, message_written, w);
	if (q->is_over && q->cost <= queue_limit(c))
		q->is_over = false;
	metrics_sub(&w->metrics, METRIC_QUEUED_BYTES, before - q->bytes);
	metrics_add(&w->metrics, METRIC_WRITTEN_BYTES, written);
}

/* What the transport holds on to of the bytes that it took (TLS records). */
static size_t unsent(const struct conn *c)
{
	return c->tls ? c->worker->shared->ops->unsent(c) : 0;
}

static void count_unsent(struct conn *c)
{
	if (!c->tls)
		return;
	c->outq->unsent = unsent(c);
	spares_count_outq(c->worker, c->outq);
}

/*
 * One writev of what waits. Bytes written, 0 with nothing queued but what the
 * transport holds; -EAGAIN when the socket takes no more, which is seen to;
 * or -EPIPE when the connection has died.
 */
static ssize_t write_some(struct conn *c)
{
	struct worker *w = c->worker;
	struct iovec iov[FLUSH_PIECES];
	int count = outq_iovec(c->outq, iov, FLUSH_PIECES);
	ssize_t n = w->shared->ops->writev(c, iov, count);
	size_t offered = 0;

	metrics_inc(&w->metrics, METRIC_WRITES);
	if (n < 0 && n != -EAGAIN) {
		w->shared->ops->close(c, CLOSE_PEER_GONE, false);
		return -EPIPE;
	}
	for (int i = 0; i < count; i++)
		offered += iov[i].iov_len;
	if (n > 0)
		account(c, (size_t)n);
	count_unsent(c);
	if (n == -EAGAIN || unsent(c) || (!c->tls && (size_t)n < offered)) {
		block(c);
		return -EAGAIN;
	}
	return n;
}

/* Most often one message waits, and the socket takes it whole. */
static void write_only(struct conn *c)
{
	struct worker *w = c->worker;
	struct delivery *d = c->only;
	struct slice frame = frame_for(c, d);
	const struct iovec iov = { (void *)(uintptr_t)frame.ptr, frame.len };
	ssize_t n = w->shared->ops->writev(c, &iov, 1);

	metrics_inc(&w->metrics, METRIC_WRITES);
	if (n == (ssize_t)frame.len) {
		c->only = NULL;
		spares_unref_delivery(w, d);
		metrics_sub(&w->metrics, METRIC_QUEUED_BYTES, frame.len);
		metrics_add(&w->metrics, METRIC_WRITTEN_BYTES, frame.len);
	} else if (n < 0 && n != -EAGAIN) {
		w->shared->ops->close(c, CLOSE_PEER_GONE, false);
	} else if (!need_queue(c)) {
		w->shared->ops->close(c, CLOSE_INTERNAL, false);
	} else {
		if (n > 0)
			account(c, (size_t)n);
		block(c);
	}
}

/* True when there is more and the socket still takes it. */
static bool write_queue(struct conn *c)
{
	size_t written = 0;

	while (!outq_is_empty(c->outq) || unsent(c)) {
		ssize_t n = write_some(c);

		if (n < 0)
			return false;
		written += (size_t)n;
		if (written >= FLUSH_BYTES)
			return true; /* the others' turn */
	}
	release_queue(c);
	if (c->state == CONN_CLOSING)
		c->worker->shared->ops->on_flushed(c);
	return false;
}

/* The answer to a handshake that waits, when there is one. */
static void answer(struct conn *c)
{
	const struct transport_ops *ops = c->worker->shared->ops;

	if (c->pending_rooms == 0)
		ops->on_rooms_ready(c);
	else if (membership_is_refused(c))
		ops->on_room_refused(c);
}

bool conn_flush(struct conn *c)
{
	if (c->state == CONN_WAITING) {
		answer(c);
		return false;
	}
	if (c->is_blocked)
		return false;
	if (c->outq)
		return write_queue(c);
	if (c->only)
		write_only(c);
	return false;
}

void conn_wait_for_unsent(struct conn *c)
{
	if (!unsent(c) || c->is_blocked || c->state == CONN_DEAD)
		return;
	if (!need_queue(c)) {
		conn_kill(c);
		return;
	}
	count_unsent(c);
	/* Who is to be written to shows there whether it takes any of it. */
	if (!c->is_dirty)
		block(c);
}

/* The bytes that wait for it, as delivery.queue counts them. */
static size_t waiting_cost(const struct conn *c)
{
	if (c->only)
		return outq_cost_of(
		    c->only->message, frame_for(c, c->only).len);
	return c->outq ? c->outq->cost : 0;
}

static bool is_over_limit(const struct conn *c, size_t extra, size_t limit)
{
	size_t cost = waiting_cost(c);

	/* With nothing before it a message may have any size. */
	return cost > 0 && cost + extra > limit;
}

static bool is_over(const struct conn *c, size_t extra)
{
	return is_over_limit(c, extra, queue_limit(c));
}

/*
 * Whether a queue that is over its bound may be so for now. A burst comes
 * faster than TCP opens up for any reader, and makes nobody slow.
 */
static bool has_grace(struct conn *c, size_t extra)
{
	uint32_t now = (uint32_t)c->worker->now_ms;
	struct outq *q = need_queue(c);

	if (!q || is_over_limit(c, extra, GRACE_TIMES * queue_limit(c)))
		return false;
	if (!q->is_over) {
		q->is_over = true;
		q->over_ms = now;
	}
	return now - q->over_ms < GRACE_MS;
}

static void drop_oldest(struct conn *c, size_t extra)
{
	struct worker *w = c->worker;
	struct delivery *d;

	while (is_over(c, extra) && (d = take_oldest(c))) {
		metrics_inc(&w->metrics, METRIC_DROPPED_OLDEST);
		spares_unref_delivery(w, d);
	}
}

/*
 * The queue has no room for extra bytes. Write first what the socket may
 * still take: only what the kernel refused makes a reader slow. False when
 * the message is not to be queued.
 */
static bool make_room(struct conn *c, size_t extra)
{
	struct worker *w = c->worker;

	while (!c->is_blocked && is_over(c, extra))
		if (!conn_flush(c))
			break;
	if (c->state != CONN_OPEN && c->state != CONN_WAITING)
		return false;
	if (!is_over(c, extra) || has_grace(c, extra))
		return true;
	switch (w->shared->conf->delivery.slow_consumer) {
	case CONF_SLOW_DROP_OLDEST:
		drop_oldest(c, extra);
		return true;
	case CONF_SLOW_DROP_NEWEST:
		metrics_inc(&w->metrics, METRIC_DROPPED_NEWEST);
		return false;
	case CONF_SLOW_DISCONNECT:
		break;
	}
	w->shared->ops->close(c, CLOSE_SLOW, false);
	return false;
}

/* 0, -ENOMEM, or -EDQUOT when that has closed it. */
static int enqueue(struct conn *c, struct delivery *d)
{
	struct outq *q;
	uint32_t slots;

	/* TLS may hold back what it took: its connections always queue. */
	if (!c->only && !c->outq && !c->tls && c->state == CONN_OPEN) {
		c->only = d;
		d->refs++;
		return 0;
	}
	q = need_queue(c);
	if (!q)
		return -ENOMEM;
	slots = q->cap;
	if (outq_is_full(q) && !relief_may_grow(c, outq_growth(q)))
		return -EDQUOT;
	if (outq_push(q, d) < 0)
		return -ENOMEM;
	if (q->cap != slots)
		spares_count_outq(c->worker, q);
	return 0;
}

/* How much smaller the frame is than the plain one. */
static void count_saved(
    const struct conn *c, const struct message *m, size_t len)
{
	size_t plain = message_frame(m, message_form_plain(c->form)).len;

	metrics_add(&c->worker->metrics, METRIC_SAVED_BYTES, plain - len);
}

void conn_deliver(struct conn *c, struct delivery *d)
{
	struct worker *w = c->worker;
	size_t len = frame_for(c, d).len;
	size_t cost = outq_cost_of(d->message, len);
	int code;

	if (c->state != CONN_OPEN && c->state != CONN_WAITING)
		return;
	if (is_over(c, cost) && !make_room(c, cost))
		return;
	code = enqueue(c, d);
	if (code < 0) {
		if (code == -ENOMEM)
			w->shared->ops->close(c, CLOSE_INTERNAL, false);
		return;
	}
	metrics_inc(&w->metrics, METRIC_DELIVERIES);
	metrics_add(&w->metrics, METRIC_QUEUED_BYTES, len);
	if (message_form_is_deflated(c->form))
		count_saved(c, d->message, len);
	if (!c->is_blocked)
		conn_mark_dirty(c);
}

void conn_drop_queue(struct conn *c)
{
	struct delivery *d;

	while ((d = take_oldest(c)))
		spares_unref_delivery(c->worker, d);
	if (c->outq) {
		outq_shrink(c->outq);
		spares_count_outq(c->worker, c->outq);
	}
}

/* Try the socket directly; how many bytes it took. */
static size_t send_now(struct conn *c, struct slice bytes)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes.ptr,
		.iov_len = bytes.len };
	ssize_t n = c->worker->shared->ops->writev(c, &iov, 1);

	metrics_inc(&c->worker->metrics, METRIC_WRITES);
	if (n <= 0)
		return 0; /* an error shows at the next write */
	metrics_add(&c->worker->metrics, METRIC_WRITTEN_BYTES, (uint64_t)n);
	return (size_t)n;
}

/* All was taken; what the transport still holds is flushed when it can be. */
static void all_sent(struct conn *c)
{
	if (unsent(c))
		conn_wait_for_unsent(c);
	else if (c->state == CONN_CLOSING)
		c->worker->shared->ops->on_flushed(c);
}

int conn_send_control(struct conn *c, struct slice frames, bool last)
{
	struct outq_own *own;
	struct outq *q;
	size_t sent = 0;

	/* Most often nothing waits: no queue is made then. */
	if (!c->outq && !c->only && c->state != CONN_WAITING) {
		sent = send_now(c, frames);
		if (sent == frames.len) {
			all_sent(c);
			return 0;
		}
	}
	q = need_queue(c);
	if (!q)
		return -ENOMEM;
	own = last ? &q->goodbye : &q->control;
	if (buf_append(&own->frames, frames.ptr, frames.len) < 0)
		return -ENOMEM;
	own->sent += sent; /* not 0 only when the queue is new */
	spares_count_outq(c->worker, q);
	if (!c->is_blocked)
		conn_mark_dirty(c);
	return 0;
}
