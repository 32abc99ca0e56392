#include "core/slow.h"

#include "conf/conf.h"
#include "core/backlog.h"
#include "core/catch_up.h"
#include "core/flush.h"
#include "core/spares.h"
#include "core/transport.h"

/*
 * How long a queue may be over delivery.queue, and how far. A socket that was
 * full takes bytes again within milliseconds of its reader's next read; a
 * reader on a busy machine may be that late.
 */
enum { GRACE_MS = 500, GRACE_TIMES = 2 };

static bool is_over(const struct conn *c, size_t extra)
{
	return backlog_is_over(c, extra, backlog_limit(c));
}

/*
 * Whether a queue that is over its bound may be so for now. A burst comes
 * faster than TCP opens up for any reader, and makes nobody slow.
 */
static bool has_grace(struct conn *c, size_t extra)
{
	uint32_t now = (uint32_t)c->worker->now_ms;
	struct outq *q = backlog_need_queue(c);

	if (!q || backlog_is_over(c, extra, GRACE_TIMES * backlog_limit(c)))
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

	while (is_over(c, extra) && (d = backlog_take_oldest(c))) {
		metrics_inc(&w->metrics, METRIC_DROPPED_OLDEST);
		spares_unref_delivery(w, d);
	}
}

/*
 * Write what the socket may still take: only what the kernel refused makes a
 * reader slow. One who is let in by that is written to only then.
 */
static void write_what_it_takes(struct conn *c, size_t extra)
{
	bool has_more = true;

	while (has_more && !c->is_blocked && is_over(c, extra)) {
		bool was_waiting = c->state == CONN_WAITING;

		has_more = flush(c) || (was_waiting && c->state == CONN_OPEN);
	}
}

bool slow_make_room(struct conn *c, const struct message *m, size_t extra)
{
	struct worker *w = c->worker;

	write_what_it_takes(c, extra);
	if (c->state != CONN_OPEN && c->state != CONN_WAITING)
		return false;
	if (!is_over(c, extra) || has_grace(c, extra))
		return true;
	if (catch_up_is_due(c)) {
		catch_up_begin(c, m);
		return false;
	}
	switch (w->conf->delivery.slow_consumer) {
	case CONF_SLOW_DROP_OLDEST:
		drop_oldest(c, extra);
		return true;
	case CONF_SLOW_DROP_NEWEST:
		metrics_inc(&w->metrics, METRIC_DROPPED_NEWEST);
		return false;
	case CONF_SLOW_CATCH_UP: /* WAITING: nothing leaves yet */
	case CONF_SLOW_DISCONNECT:
		break;
	}
	w->shared->ops->close(c, CLOSE_SLOW, false);
	return false;
}
