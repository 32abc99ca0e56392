#include "core/catch_up.h"

#include "conf/conf.h"
#include "core/backlog.h"
#include "core/message.h"
#include "core/note.h"
#include "core/resume.h"
#include "core/spares.h"
#include "core/transport.h"

bool catch_up_is_due(const struct conn *c)
{
	const struct conf *conf = c->worker->conf;

	if (c->state != CONN_OPEN || !conf->history.is_on)
		return false;
	switch (conf->delivery.slow_consumer) {
	case CONF_SLOW_DISCONNECT:
		return false;
	case CONF_SLOW_DROP_OLDEST:
	case CONF_SLOW_DROP_NEWEST:
		return c->form & MESSAGE_WITH_ID;
	case CONF_SLOW_CATCH_UP:
		break;
	}
	return true;
}

/* --- what is dropped --- */

/* How far back a connection falls. */
struct fall {
	bool has_position;
	uint64_t position; /* up to there it has all, or is told of a gap */
	bool is_lost;      /* it is not known how far: there is a gap */
};

static void fall_to(struct fall *f, uint64_t position)
{
	if (!f->has_position)
		f->position = position;
	f->has_position = true;
}

/* The last one in a queue that tells of a gap, from 1 on; 0: there is none. */
static uint32_t find_gap(const struct outq *q)
{
	uint32_t i = q->count;

	while (i > 0 && outq_at(q, i - 1)->message->note != NOTE_GAP)
		i--;
	return i;
}

void catch_up_passed_by(struct conn *c, const struct message *m)
{
	if (!m->is_kept && m->note == NOTE_NONE)
		metrics_inc(&c->worker->metrics, METRIC_DROPPED_CATCH_UP);
}

/*
 * Nobody would tell again where it begins, what its welcome says, and that
 * there was a gap: the last one covers all before it.
 */
static void drop_waiting(struct conn *c, struct fall *f)
{
	struct outq *q = c->outq;
	uint32_t begun = q->head_sent > 0; /* not to be dropped */
	uint32_t count = q->count - begun;
	uint32_t gap = find_gap(q);

	for (uint32_t i = 1; i <= count; i++) {
		struct delivery *d = backlog_take_oldest(c);
		const struct message *m = d->message;
		bool is_gap = i + begun == gap;

		if (is_gap || m->note == NOTE_WELCOME || (i == 1 && m->note)) {
			if (is_gap)
				fall_to(f, m->after);
			backlog_put_back(c, d);
			continue;
		}
		if (i + begun > gap)
			fall_to(f, m->after);
		catch_up_passed_by(c, m);
		spares_unref_delivery(c->worker, d);
	}
}

/*
 * The newest one is dropped as well. What a gap tells of lies behind what was
 * dropped before it, but where that was nothing, nobody knows.
 */
static void drop_newest(
    struct conn *c, const struct message *newest, struct fall *f)
{
	f->is_lost = newest->note == NOTE_GAP && !f->has_position;
	fall_to(f, newest->after);
	catch_up_passed_by(c, newest);
}

void catch_up_begin(struct conn *c, const struct message *newest)
{
	struct worker *w = c->worker;
	struct outq *q = backlog_need_queue(c);
	struct resume *r = q ? resume_new(c) : NULL;
	struct fall f = { .has_position = false };

	if (!r) {
		w->shared->ops->close(c, CLOSE_SLOW, false);
		return;
	}
	metrics_inc(&w->metrics, METRIC_FELL_BEHIND);
	drop_waiting(c, &f);
	drop_newest(c, newest, &f);
	q->is_over = false;
	outq_shrink(q);
	spares_count_outq(w, q);
	r->is_counted = true; /* nobody came */
	r->position = f.position;
	r->state =
	    f.is_lost || q->moved > f.position ? RESUME_LOST : RESUME_READS;
	c->behind = CONN_BEHIND;
	map_add(&w->replays, &r->node, c->serial);
}

bool catch_up_note_move(struct conn *c, uint64_t after)
{
	struct outq *q;

	if (!c->worker->conf->history.is_on || (!c->only && !c->outq))
		return true;
	q = backlog_need_queue(c);
	if (!q) {
		c->worker->shared->ops->close(c, CLOSE_INTERNAL, false);
		return false;
	}
	q->moved = after;
	return true;
}
