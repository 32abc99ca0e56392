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
#include "core/closing.h"
#include "core/command.h"
#include "core/conn.h"
#include "core/fanout.h"
#include "core/flush.h"
#include "core/gap.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/poller.h"
#include "core/presence.h"
#include "core/relief.h"
#include "core/resume.h"
#include "core/retell.h"
#include "core/spares.h"
#include "core/steer.h"
#include "core/sweep.h"
#include "core/tell_app.h"
#include "core/transport.h"

/*
 * A turn's bounds. More messages make better batches (one writev carries all
 * that a connection was queued), fewer make a shorter sweep; a sweep over
 * 9,000 members without a bound on connections held up handshakes for 150 ms.
 */
enum {
	TURN_MESSAGES = SWEEP_MESSAGES,
	TURN_BYTES = 128 << 10,    /* of frames: stay below delivery.queue */
	TURN_DELIVERIES = 1 << 18, /* references queued, and the like */
};

enum {
	REST_TICKS = 4,            /* of the wheel at most */
	HUB_WAITS_BELOW = 1 << 20, /* the mailbox is fairly empty again */
};

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

/* --- mail --- */

/* What a turn has done so far. */
struct spent {
	size_t messages;
	size_t bytes;
	size_t deliveries;
};

static void say_done(struct worker *w, size_t size, struct spent *spent)
{
	mailbox_done(w->mailbox, size);
	spent->bytes += size;
}

/* Takes the reference. False: there is more to do for it, in the next turn. */
static bool take_message(
    struct worker *w, struct message *m, struct spent *spent)
{
	size_t size = m->bytes; /* it may be gone afterwards */
	uint32_t read_us = m->read_us;

	if (!fanout(w, m, TURN_DELIVERIES, &spent->deliveries))
		return false;
	sweep_add(&w->sweep, read_us);
	say_done(w, size, spent);
	return true;
}

static void take_replay(struct worker *w, struct resume *r, struct spent *spent)
{
	size_t size = resume_bytes(r);

	spent->deliveries += behind_replay(w, r);
	say_done(w, size, spent);
}

static void take_note(struct worker *w, struct message *m, struct spent *spent)
{
	size_t size = m->bytes;

	behind_tell(w, m);
	spent->deliveries += w->conn_count;
	say_done(w, size, spent);
}

static void take_here(struct worker *w, struct message *m, struct spent *spent)
{
	say_done(w, m->bytes, spent);
	behind_set_here(w, m);
}

static void take_gap(struct worker *w, struct message *m, struct spent *spent)
{
	size_t size = m->bytes;

	gap_tell(w, m);
	spent->deliveries += w->conn_count;
	say_done(w, size, spent);
}

/* As take_message. */
static bool take_command(
    struct worker *w, struct command *cmd, struct spent *spent)
{
	if (!steer(w, cmd, &w->walk, TURN_DELIVERIES, &spent->deliveries))
		return false;
	w->walk = (struct walk){ .delivery = NULL };
	say_done(w, cmd->bytes, spent);
	if (cmd->kind == CONTROL_JOIN)
		worker_post(w, MAIL_COMMAND_DONE, 0, cmd);
	else
		command_unref(cmd);
	return true;
}

/* Close all connections, then end. */
static void drain(struct worker *w)
{
	w->is_ending = true;
	w->shared->ops->stop(w);
	closing_begin(w, CLOSE_SHUTDOWN, NULL);
}

/* Those who wait for the room are let in, or refused. */
static void take_room_notice(
    struct worker *w, const struct mail *mail, struct spent *spent)
{
	spent->deliveries += mail->kind == MAIL_ROOM_WATCHED
				 ? membership_watched(w, mail->item)
				 : membership_refused(w, mail->item);
	free(mail->item);
}

/* False: there is more to do for this mail, in the next turn. */
static bool handle(
    struct worker *w, const struct mail *mail, struct spent *spent)
{
	switch ((enum mail_kind)mail->kind) {
	case MAIL_MESSAGE:
		return take_message(w, mail->item, spent);
	case MAIL_COMMAND:
		return take_command(w, mail->item, spent);
	case MAIL_REPLAY:
		take_replay(w, mail->item, spent);
		break;
	case MAIL_NOTE:
		take_note(w, mail->item, spent);
		break;
	case MAIL_HERE:
		take_here(w, mail->item, spent);
		break;
	case MAIL_GAP:
		take_gap(w, mail->item, spent);
		break;
	case MAIL_ROOMS_GAP:
		spent->deliveries += gap_take_rooms(w, mail->item);
		break;
	case MAIL_ROOM_WATCHED:
	case MAIL_ROOM_REFUSED:
		take_room_notice(w, mail, spent);
		break;
	case MAIL_CONF:
		worker_use_conf(w, mail->item);
		break;
	case MAIL_KEYS:
		w->shared->ops->on_keys(w);
		break;
	case MAIL_ASK: /* the end of the turn answers */
		break;
	case MAIL_QUIET:
		spares_free(w);
		break;
	case MAIL_RENAMED:
		retell_begin(w, mail->value);
		break;
	case MAIL_CLOSE_ALL:
		closing_begin(w, (enum close_reason)mail->value, NULL);
		break;
	case MAIL_DRAIN:
		drain(w);
		break;
	case MAIL_ROOM_OPENED: /* these go to the hub */
	case MAIL_ROOM_EMPTY:
	case MAIL_RESUME:
	case MAIL_COMMAND_DONE:
	case MAIL_REACHED:
	case MAIL_APP_EVENT:
	case MAIL_PRESENCE:
	case MAIL_ANSWER:
	case MAIL_HAS_SPACE:
	case MAIL_KEYS_WANTED:
	case MAIL_WORKER_DONE:
		fatal("worker", "mail for the hub");
	}
	return true;
}

static void tell_hub_of_space(struct worker *w)
{
	if (atomic_load_explicit(&w->hub_waits, memory_order_relaxed) &&
	    mailbox_bytes(w->mailbox) < HUB_WAITS_BELOW &&
	    atomic_exchange(&w->hub_waits, false))
		worker_post(w, MAIL_HAS_SPACE, w->index, NULL);
}

bool turn_take_mail(struct worker *w)
{
	struct spent spent = { 0 };

	while (spent.messages < TURN_MESSAGES && spent.bytes < TURN_BYTES &&
	       spent.deliveries < TURN_DELIVERIES) {
		if (w->mail_next == w->mail_count) {
			w->mail = mailbox_take(w->mailbox, &w->mail_count);
			w->mail_next = 0;
			if (w->mail_count == 0)
				break;
		}
		fanout_fetch(w);
		if (handle(w, &w->mail[w->mail_next], &spent))
			w->mail_next++;
		spent.messages++;
	}
	tell_hub_of_space(w);
	return w->mail_next < w->mail_count;
}

/* --- the end of a turn --- */

static void leave_all(struct conn *c)
{
	presence_close(c);
	membership_leave_all(c);
}

unsigned turn_flush(struct worker *w, unsigned most)
{
	struct conn *c;

	for (; most > 0 && (c = conn_pop_dirty(w)); most--) {
		if (c->state == CONN_LINGER)
			leave_all(c);
		if (flush(c))
			conn_mark_dirty(c);
		else if (c->behind && !c->only && !c->outq)
			behind_go_on(c);
	}
	if (!w->dirty_first)
		sweep_end(&w->sweep, &w->metrics);
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
 * The end of a turn. New messages are taken only when everybody has been
 * written to: batches grow by themselves when sweeps are slow, and nothing is
 * delayed when they are not, nor by those who can be written to again in each
 * turn. True when there is more to do at once.
 */
static bool turn(struct worker *w)
{
	unsigned left = TURN_FLUSHES;
	bool has_more = true;

	w->now_ms = clock_ms();
	left = turn_flush(w, left);
	if (!w->dirty_first) {
		has_more = turn_take_mail(w);
		(void)turn_flush(w, left);
	}
	has_more |= relief_turn(w);
	turn_reap(w);
	ask_answer(w);
	return has_more || w->dirty_first || !mailbox_sleep(w->mailbox);
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

/* Mail that nobody will handle any more. */
static void drop_mail(struct worker *w)
{
	if (w->walk.delivery) { /* it has the message's reference */
		spares_unref_delivery(w, w->walk.delivery);
		w->mail_next++;
	}
	for (;;) {
		if (w->mail_next == w->mail_count) {
			w->mail = mailbox_take(w->mailbox, &w->mail_count);
			w->mail_next = 0;
			if (w->mail_count == 0)
				return;
		}
		mail_drop(&w->mail[w->mail_next++]);
	}
}

void turn_close(struct worker *w)
{
	closing_end(w);
	drop_mail(w);
	behind_end(w);
	spares_free(w);
	slots_fini(&w->slots);
	poller_close(w);
	if (w->mail_event)
		event_free(w->mail_event);
	if (w->tick_event)
		event_free(w->tick_event);
}
