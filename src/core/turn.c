#include "core/turn.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "core/aliases.h"
#include "core/ask.h"
#include "core/backlog.h"
#include "core/behind.h"
#include "core/bulk.h"
#include "core/closing.h"
#include "core/conn.h"
#include "core/flush.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/poller.h"
#include "core/presence.h"
#include "core/relief.h"
#include "core/retell.h"
#include "core/spares.h"
#include "core/sweep.h"
#include "core/tell_app.h"
#include "core/transport.h"
#include "core/turn_mail.h"

enum { REST_TICKS = 4 }; /* of the wheel at most */

/* --- events --- */

/*
 * The mail itself is taken by the turn that follows: now, and not behind all
 * the other sockets that are readable. Those stay active and go on after it.
 */
static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	(void)event_base_loopbreak(w->base);
}

static void on_timer(struct wheel_timer *timer, void *arg)
{
	struct worker *w = arg;

	w->shared->ops->on_due(container_of(timer, struct conn, timer));
}

/* The wheel turns when something is due, and a few times a second anyway. */
static int arm_tick(struct worker *w, int most)
{
	int ticks = wheel_rest_ticks(&w->wheel, most);
	const struct timeval delay = { 0, ticks * WHEEL_TICK_MS * 1000 };

	return event_add(w->tick_event, &delay);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	bool has_more;

	(void)fd;
	(void)what;
	w->now_ms = clock_ms();
	wheel_turn(&w->wheel, w->now_ms, on_timer, w);
	closing_tick(w);
	relief_tick(w);
	has_more = presence_tick(w);
	retell_tick(w);
	metrics_set(&w->metrics, METRIC_QUEUE_AGE,
	    (uint64_t)ages_turn(&w->ages, w->now_ms));
	if (arm_tick(w, has_more ? 1 : REST_TICKS) < 0)
		fatal("worker", "cannot arm the clock: out of memory");
}

/* --- the end of a turn --- */

static void leave_all(struct conn *c)
{
	presence_close(c);
	membership_leave_all(c);
}

/* What has left for all whose sockets took it is no longer under way. */
static void pass_sweeps(struct worker *w)
{
	sweep_pass(&w->sweep, w->dirty.popped, &w->metrics);
	if (!bulk_is_busy(w))
		sweep_pass(&w->bulk.sweep, w->dirty.popped, &w->metrics);
}

static bool goes_to_bulk(struct worker *w, struct conn *c)
{
	return bulk_is_of_use(w) && bulk_takes(c);
}

/* Its turn has come. True when there is more than its share of this one. */
static bool flush_next(struct worker *w, struct conn *c)
{
	if (goes_to_bulk(w, c))
		return false;
	if (flush(c))
		return !goes_to_bulk(w, c);
	if (c->behind && !c->only && !c->outq)
		behind_go_on(c);
	return false;
}

unsigned turn_flush(struct worker *w, unsigned most)
{
	struct conn *c;

	for (; most > 0 && (c = conn_pop(&w->dirty)); most--) {
		if (c->state == CONN_LINGER)
			leave_all(c);
		if (flush_next(w, c))
			conn_mark_dirty(c);
	}
	pass_sweeps(w);
	return most;
}

void turn_reap(struct worker *w)
{
	struct conn *c;

	while ((c = conn_pop_dead(w))) {
		tell_app_gone(c);
		leave_all(c);
		backlog_free(c);
		if (c->behind)
			behind_forget(c);
		aliases_forget(c);
		conn_free(c);
	}
}

/*
 * The end of a turn. Mail does not wait until all have been written to: who has
 * not been gets it in the same write. True when there is more to do at once.
 */
static bool turn(struct worker *w)
{
	unsigned left;
	bool has_more;

	w->now_ms = clock_ms();
	left = turn_flush(w, TURN_FLUSHES);
	has_more = turn_take_mail(w);
	(void)turn_flush(w, left);
	has_more |= bulk_turn(w);
	has_more |= relief_turn(w);
	turn_reap(w);
	ask_answer(w);
	return has_more || w->dirty.first || !mailbox_sleep(w->mailbox);
}

void turn_run(struct worker *w)
{
	bool has_more = false;

	worker_enter(w);
	while (!w->is_ending || w->conn_count > 0) {
		(void)event_base_loop(
		    w->base, EVLOOP_ONCE | (has_more ? EVLOOP_NONBLOCK : 0));
		has_more = turn(w);
	}
	presence_end(w);
	worker_leave(w);
	/* Behind this the main thread may look at what is left of it. */
	worker_post(w, MAIL_WORKER_DONE, w->index, NULL);
}

/* --- begin and end --- */

int turn_open(struct worker *w, struct err *e)
{
	slots_init(&w->slots, sizeof(struct conn));
	w->mail_event = event_new(
	    w->base, mailbox_fd(w->mailbox), EV_READ | EV_PERSIST, on_mail, w);
	w->tick_event = event_new(w->base, -1, 0, on_tick, w);
	if (!w->mail_event || !w->tick_event ||
	    event_add(w->mail_event, NULL) < 0 || arm_tick(w, REST_TICKS) < 0)
		return err_set(e, -ENOMEM, "cannot add events");
	return poller_open(w, e);
}

void turn_close(struct worker *w)
{
	closing_end(w);
	turn_drop_mail(w);
	behind_end(w);
	spares_free(w);
	slots_fini(&w->slots);
	poller_close(w);
	if (w->mail_event)
		event_free(w->mail_event);
	if (w->tick_event)
		event_free(w->tick_event);
}
