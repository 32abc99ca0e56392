#include "core/backlog.h"

#include <assert.h>

#include "core/relief.h"
#include "core/spares.h"

struct outq *backlog_need_queue(struct conn *c)
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

bool backlog_split(struct conn *c)
{
	struct worker *w = c->worker;
	struct outq *q = c->outq;
	size_t before = q->bytes;

	if (outq_split(q, spares_done_with, w) < 0)
		return false;
	metrics_sub(&w->metrics, METRIC_QUEUED_BYTES, before - q->bytes);
	spares_count_outq(w, q);
	return true;
}

struct delivery *backlog_take_oldest(struct conn *c)
{
	struct delivery *d = c->only;

	c->only = NULL;
	if (!d && c->outq)
		d = outq_drop_oldest(c->outq);
	if (d)
		metrics_sub(&c->worker->metrics, METRIC_QUEUED_BYTES,
		    backlog_frame(c, d).len);
	return d;
}

void backlog_put_back(struct conn *c, struct delivery *d)
{
	int status = outq_push(c->outq, d);

	assert(status == 0);
	metrics_add(
	    &c->worker->metrics, METRIC_QUEUED_BYTES, backlog_frame(c, d).len);
	spares_unref_delivery(c->worker, d);
}

void backlog_drop(struct conn *c)
{
	struct delivery *d;

	while ((d = backlog_take_oldest(c)))
		spares_unref_delivery(c->worker, d);
	if (c->outq) {
		outq_shrink(c->outq);
		spares_count_outq(c->worker, c->outq);
	}
}

void backlog_release(struct conn *c)
{
	struct outq *q = c->outq;

	c->outq = NULL;
	relief_del(c->worker, q);
	spares_give_outq(c->worker, q);
}

void backlog_free(struct conn *c)
{
	if (c->outq)
		c->outq->head_sent = 0; /* it counts as whole */
	backlog_drop(c);
	if (c->outq)
		backlog_release(c);
}
