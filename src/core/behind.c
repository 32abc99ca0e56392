#include "core/behind.h"

#include <assert.h>
#include <errno.h>

#include "core/conn.h"
#include "core/deliver.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/moves.h"
#include "core/resume.h"
#include "core/spares.h"
#include "core/transport.h"

static void ask(struct conn *c, struct resume *r)
{
	r->reader.until = moves_next(c);
	worker_post(c->worker, MAIL_RESUME, 0, r);
}

int behind_begin(struct conn *c, const struct behind_start *start)
{
	struct resume *r = resume_new(c);

	if (!r)
		return -ENOMEM;
	resume_set_cursor(r, start->cursor);
	r->max_age_ms = start->max_age_ms;
	r->last = start->last;
	r->first = start->first;
	c->behind = CONN_BEHIND;
	map_add(&c->worker->replays, &r->node, c->serial);
	return 0;
}

/* --- a page --- */

/* Who has not asked yet, or whose page is queued; by their serial. */
static struct resume *find(const struct conn *c)
{
	struct map_node *node = map_find(&c->worker->replays, c->serial);

	return node ? container_of(node, struct resume, node) : NULL;
}

/* Takes the reference. */
static void queue(struct conn *c, struct message *m)
{
	struct worker *w = c->worker;
	struct delivery *d = spares_take_delivery(w, m);

	d->is_missed = true;
	deliver_behind(c, d);
	spares_unref_delivery(w, d);
}

static void queue_page(struct conn *c, struct resume *r)
{
	uint32_t count = r->page_count;

	r->page_count = 0; /* the references are the queue's */
	for (uint32_t i = 0; i < count; i++) {
		queue(c, r->page[i]);
		if (r->first)
			queue(c, r->first);
		r->first = NULL;
	}
	resume_drop_page(r, &c->worker->metrics);
}

static void ask_for_gap(struct conn *c, struct resume *r)
{
	resume_drop_page(r, &c->worker->metrics);
	moves_forget(c);
	r->is_live = false;
	r->state = RESUME_LOST;
	c->behind = CONN_BEHIND;
	ask(c, r);
}

/*
 * What the hub has read went by the rooms of before. Where they have changed on
 * the way the page ends there, and what follows goes by those of then. False
 * when how they have changed is not known.
 */
static bool take_moves(struct conn *c, struct resume *r)
{
	uint64_t position = moves_next(c);

	if (r->state == RESUME_LOST)
		return true; /* no rooms had a part in it */
	if (c->behind == CONN_BEHIND_LOST)
		return false;
	if (position > r->position)
		return true;
	if (position < r->from)
		position = r->from;
	resume_cut(r, position, &c->worker->metrics);
	return moves_pass(c, r) == 0;
}

static void go_live(struct conn *c, struct resume *r)
{
	struct worker *w = c->worker;

	moves_forget(c);
	c->behind = CONN_LIVE;
	c->stamp = STAMP_HEARD;
	resume_free(r, &w->metrics);
}

static void take_page(struct conn *c, struct resume *r)
{
	struct worker *w = c->worker;

	queue_page(c, r);
	if (r->is_live) {
		go_live(c, r);
		return;
	}
	map_add(&w->replays, &r->node, c->serial);
	if (!c->only && !c->outq)
		behind_go_on(c);
}

size_t behind_replay(struct worker *w, struct resume *r)
{
	struct conn *c = conn_find(w, &r->reader.connection);
	size_t count = 1 + r->page_count;

	if (!c || c->state != CONN_OPEN)
		resume_free(r, &w->metrics);
	else if (r->has_failed) {
		resume_free(r, &w->metrics);
		w->shared->ops->close(c, CLOSE_INTERNAL, false);
	} else if (r->is_untold) {
		resume_free(r, &w->metrics);
		w->shared->ops->close(c, CLOSE_SLOW, false);
	} else if (!take_moves(c, r))
		ask_for_gap(c, r);
	else
		take_page(c, r);
	return count;
}

void behind_go_on(struct conn *c)
{
	if (c->state == CONN_OPEN)
		behind_ask(c);
}

void behind_ask(struct conn *c)
{
	struct resume *r = c->behind ? find(c) : NULL;

	if (!r)
		return;
	map_del(&c->worker->replays, &r->node);
	if (c->behind == CONN_BEHIND_LOST)
		ask_for_gap(c, r);
	else
		ask(c, r);
}

void behind_forget(struct conn *c)
{
	struct resume *r = find(c);

	moves_forget(c);
	if (!r)
		return;
	map_del(&c->worker->replays, &r->node);
	resume_free(r, &c->worker->metrics);
}

/* --- notes --- */

static void forget_here(struct worker *w)
{
	if (w->here)
		metrics_sub(
		    &w->metrics, METRIC_QUEUED_MEMORY, message_unref(w->here));
	w->here = NULL;
}

/* Where all were before is behind what they are told now. */
void behind_tell(struct worker *w, struct message *note)
{
	struct delivery *d = spares_take_delivery(w, note);
	uint32_t at = 0;
	struct conn *c;

	forget_here(w);
	while ((c = slots_next(&w->slots, &at)))
		if (c->form & MESSAGE_WITH_ID)
			(void)deliver(c, d);
	spares_unref_delivery(w, d);
}

void behind_set_here(struct worker *w, struct message *note)
{
	forget_here(w);
	w->here = note;
	w->here_ms = (uint32_t)w->now_ms;
}

/*
 * Whether nothing has reached it since the ping before: nobody has changed what
 * was left here. While a message is being fanned out its stamp stays, it says
 * who has got that one.
 */
static bool is_quiet(struct conn *c)
{
	const struct worker *w = c->worker;

	if (c->stamp == STAMP_QUIET)
		return true;
	if (!w->walk.delivery || c->stamp != w->stamp)
		c->stamp = STAMP_QUIET;
	return false;
}

/*
 * What w->here says must not be older than what it got: it came after the ping
 * before, and that was after what it got.
 */
void behind_beat(struct conn *c)
{
	struct worker *w = c->worker;

	if (!(c->form & MESSAGE_WITH_ID) || c->behind || !is_quiet(c))
		return;
	if (!w->here || (int32_t)(w->here_ms - c->pinged_ms) <= 0)
		return;
	atomic_fetch_add_explicit(&w->here->refs, 1, memory_order_relaxed);
	queue(c, w->here);
}

void behind_end(struct worker *w)
{
	struct map_node *node;

	forget_here(w);
	while ((node = map_next(&w->replays, NULL))) {
		map_del(&w->replays, node);
		resume_free(
		    container_of(node, struct resume, node), &w->metrics);
	}
}
