#include "core/deliver.h"

#include <errno.h>

#include "core/backlog.h"
#include "core/catch_up.h"
#include "core/relief.h"
#include "core/slow.h"
#include "core/spares.h"
#include "core/transport.h"

/* 0, -ENOMEM, or -EDQUOT when that has closed it. */
__attribute__((noinline)) static int push(struct conn *c, struct delivery *d)
{
	struct outq *q = backlog_need_queue(c);
	uint32_t slots;

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

/* As push. Most often nothing waits, and no queue is made. */
static inline int enqueue(struct conn *c, struct delivery *d)
{
	if (c->only || c->outq || c->state != CONN_OPEN)
		return push(c, d);
	c->only = d;
	d->refs++;
	return 0;
}

/* How much smaller the frame is than the plain one. */
__attribute__((noinline)) static void count_saved(
    const struct conn *c, const struct message *m, size_t len)
{
	size_t plain = message_frame(m, message_form_plain(c->form)).len;

	metrics_add(&c->worker->metrics, METRIC_SAVED_BYTES, plain - len);
}

/* So many messages. False: not queued, and the connection was closed. */
static inline bool queue(
    struct conn *c, struct delivery *d, size_t len, uint32_t count)
{
	struct worker *w = c->worker;
	int code = enqueue(c, d);

	if (code < 0) {
		if (code == -ENOMEM)
			w->shared->ops->close(c, CLOSE_INTERNAL, false);
		return false;
	}
	metrics_add(&w->metrics, METRIC_DELIVERIES, count);
	metrics_add(&w->metrics, METRIC_QUEUED_BYTES, len);
	if (message_form_is_deflated(c->form))
		count_saved(c, d->message, len);
	if (!c->is_blocked)
		conn_mark_dirty(c);
	return true;
}

bool deliver(struct conn *c, struct delivery *d)
{
	size_t len = backlog_frame(c, d).len;
	size_t cost = outq_cost_of(d->message, len);

	worker_check_thread(c->worker);
	if (c->state != CONN_OPEN && c->state != CONN_WAITING)
		return false;
	if (c->behind) {
		catch_up_passed_by(c, d->message);
		return false;
	}
	if (backlog_is_over(c, cost, backlog_limit(c)) &&
	    !slow_make_room(c, d->message, cost))
		return false;
	return queue(c, d, len, 1);
}

bool deliver_run(struct conn *c, struct run *run)
{
	struct delivery *d = &run->whole;
	size_t len = backlog_frame(c, d).len;
	size_t cost = outq_cost_of(d->message, len);

	worker_check_thread(c->worker);
	if (c->state != CONN_OPEN || c->behind || c->is_blocked ||
	    backlog_cost(c) + cost > backlog_limit(c))
		return false;
	return queue(c, d, len, run->count);
}

void deliver_behind(struct conn *c, struct delivery *d)
{
	worker_check_thread(c->worker);
	if (c->state == CONN_OPEN)
		(void)queue(c, d, backlog_frame(c, d).len, 1);
}
