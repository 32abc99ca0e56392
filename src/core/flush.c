#include "core/flush.h"

#include <errno.h>

#include "core/backlog.h"
#include "core/membership.h"
#include "core/poller.h"
#include "core/relief.h"
#include "core/spares.h"
#include "core/transport.h"

enum {
	FLUSH_PIECES = 64,       /* in one writev */
	FLUSH_BYTES = 256 << 10, /* a connection's share of a turn */
	FLUSH_FLOWS = 64 << 10,  /* so much on its way to the reader while it
				  * was copied: more may be taken by now */
};

/*
 * For want of memory what the socket will take is not kept, or not seen. Half a
 * frame may have left, and no close frame can stand behind that.
 */
static void give_up(struct conn *c)
{
	c->worker->shared->ops->close(c, CLOSE_PEER_GONE, false);
}

/* The socket takes no more: wait until it does. */
static void block(struct conn *c)
{
	metrics_inc(&c->worker->metrics, METRIC_WRITES_BLOCKED);
	if (!backlog_split(c) || poller_block(c) < 0)
		give_up(c);
	else
		relief_add(c);
}

/* Take what writev wrote off the queue. */
static void account(struct conn *c, size_t written)
{
	struct worker *w = c->worker;
	struct outq *q = c->outq;
	size_t before = q->bytes;

	outq_advance(q, written, spares_done_with, w);
	if (q->is_over && outq_live_cost(q) <= backlog_limit(c))
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

/* Keep to so many bytes; returns how many there are. */
static size_t limit(struct iovec *iov, int *count, size_t most)
{
	size_t sum = 0;
	int i = 0;

	for (; i < *count && sum < most; i++) {
		if (iov[i].iov_len > most - sum)
			iov[i].iov_len = most - sum;
		sum += iov[i].iov_len;
	}
	*count = i;
	return sum;
}

/* Whether a socket that took n of the bytes it was offered is full. */
static bool is_full(const struct conn *c, ssize_t n, size_t offered)
{
	if (n == -EAGAIN || unsent(c))
		return true;
	return !c->tls && (size_t)n < offered && n < FLUSH_FLOWS;
}

/*
 * One writev of what waits, up to most bytes. Bytes written, 0 with nothing
 * queued but what the transport holds; -EAGAIN when the socket takes no more,
 * which is seen to; or -EPIPE when the connection has died.
 */
static ssize_t write_some(struct conn *c, size_t most)
{
	struct worker *w = c->worker;
	struct iovec iov[FLUSH_PIECES];
	int count = outq_iovec(c->outq, iov, FLUSH_PIECES);
	size_t offered = limit(iov, &count, most);
	ssize_t n = w->shared->ops->writev(c, iov, count);

	metrics_inc(&w->metrics, METRIC_WRITES);
	if (n < 0 && n != -EAGAIN) {
		w->shared->ops->close(c, CLOSE_PEER_GONE, false);
		return -EPIPE;
	}
	if (n > 0)
		account(c, (size_t)n);
	count_unsent(c);
	if (is_full(c, n, offered)) {
		block(c);
		return -EAGAIN;
	}
	return n;
}

/* All of the only message is written. */
static void end_only(struct conn *c, size_t written)
{
	struct worker *w = c->worker;
	struct delivery *d = c->only;

	c->only = NULL;
	spares_unref_delivery(w, d);
	metrics_sub(&w->metrics, METRIC_QUEUED_BYTES, written);
	metrics_add(&w->metrics, METRIC_WRITTEN_BYTES, written);
	if (unsent(c))
		flush_unsent(c);
}

/* A part of it is, perhaps: it becomes a queue. As write_queue. */
__attribute__((noinline)) static bool queue_only(
    struct conn *c, ssize_t n, size_t offered)
{
	if (!backlog_need_queue(c)) {
		if (n > 0)
			give_up(c);
		else
			c->worker->shared->ops->close(c, CLOSE_INTERNAL, false);
		return false;
	}
	if (n > 0)
		account(c, (size_t)n);
	count_unsent(c);
	if (!is_full(c, n, offered))
		return true; /* it may take more by now */
	block(c);
	return false;
}

/*
 * Most often one message waits, and the socket takes it whole. As write_queue.
 */
static bool write_only(struct conn *c)
{
	struct worker *w = c->worker;
	struct slice frame = backlog_frame(c, c->only);
	const struct iovec iov = { (void *)(uintptr_t)frame.ptr, frame.len };
	ssize_t n = w->shared->ops->writev(c, &iov, 1);

	metrics_inc(&w->metrics, METRIC_WRITES);
	if (n < 0 && n != -EAGAIN) {
		w->shared->ops->close(c, CLOSE_PEER_GONE, false);
		return false;
	}
	if (n != (ssize_t)frame.len)
		return queue_only(c, n, frame.len);
	end_only(c, frame.len);
	return false;
}

/* True when there is more and the socket still takes it. */
static bool write_queue(struct conn *c)
{
	size_t written = 0;

	while (!outq_is_empty(c->outq) || unsent(c)) {
		ssize_t n = write_some(c, FLUSH_BYTES - written);

		if (n < 0)
			return false;
		written += (size_t)n;
		if (written >= FLUSH_BYTES)
			return true; /* the others' turn */
	}
	backlog_release(c);
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

bool flush(struct conn *c)
{
	worker_check_thread(c->worker);
	if (c->state == CONN_WAITING) {
		answer(c);
		return false;
	}
	if (c->is_blocked)
		return false;
	if (c->outq)
		return write_queue(c);
	return c->only && write_only(c);
}

ssize_t flush_first(struct conn *c, size_t most)
{
	struct outq *q = backlog_need_queue(c);
	size_t left;

	worker_check_thread(c->worker);
	if (!q) {
		c->worker->shared->ops->close(c, CLOSE_INTERNAL, false);
		return -ENOMEM;
	}
	left = outq_first(q).len - q->head_sent + q->control.frames.len -
	       q->control.sent;
	return write_some(c, most < left ? most : left);
}

void flush_unsent(struct conn *c)
{
	if (!unsent(c) || c->is_blocked || c->state == CONN_DEAD)
		return;
	if (!backlog_need_queue(c)) {
		give_up(c);
		return;
	}
	count_unsent(c);
	/* A flush that is due shows whether the socket takes any of it. */
	if (!c->is_dirty)
		block(c);
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
		flush_unsent(c);
	else if (c->state == CONN_CLOSING)
		c->worker->shared->ops->on_flushed(c);
}

/* Keep what has not left of these, of which so many bytes have. */
static int queue_control(
    struct conn *c, struct slice frames, size_t sent, bool last)
{
	struct outq *q = backlog_need_queue(c);
	struct outq_own *own;

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

int flush_control(struct conn *c, struct slice frames, bool last)
{
	size_t sent = 0;

	worker_check_thread(c->worker);
	/* Most often nothing waits: no queue is made then. */
	if (!c->outq && !c->only && c->state != CONN_WAITING) {
		sent = send_now(c, frames);
		if (sent == frames.len) {
			all_sent(c);
			return 0;
		}
	}
	if (queue_control(c, frames, sent, last) == 0)
		return 0;
	if (sent == 0)
		return -ENOMEM;
	give_up(c);
	return 0;
}
