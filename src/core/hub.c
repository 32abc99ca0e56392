#include "core/hub.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/ask.h"
#include "core/command.h"
#include "core/gap.h"
#include "core/hub_state.h"
#include "core/mail.h"
#include "core/worker.h"
#include "sys/timer.h"

enum {
	HUB_TICK_MS = PULSE_ASK_MS, /* idle rooms are looked at as often */
	REPLAY_WAIT_MS = 1,         /* between two turns of pages */
};

/* --- who comes back --- */

/* Pages go where the messages go, and wait for them. */
static void on_replay(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;
	bool has_more;

	(void)fd;
	(void)what;
	if (h->pace.is_paused)
		return;
	has_more = keeper_turn(&h->keeper);
	outbox_post(&h->outbox);
	pace_check(&h->pace);
	if (has_more && !h->pace.is_paused)
		timer_arm(h->replay_event, REPLAY_WAIT_MS, "hub");
}

void hub_replay_soon(struct hub *h)
{
	if (h->keeper.history)
		timer_arm(h->replay_event, 0, "hub");
}

/* --- mail from the workers --- */

static void handle(struct hub *h, const struct mail *mail)
{
	switch ((enum mail_kind)mail->kind) {
	case MAIL_ROOM_OPENED:
		watches_opened(&h->watches, mail->item, mail->value != 0);
		free(mail->item);
		break;
	case MAIL_RESUME:
		keeper_take(&h->keeper, mail->item);
		hub_replay_soon(h);
		break;
	case MAIL_ROOM_EMPTY:
		watches_emptied(&h->watches, mail->item);
		free(mail->item);
		break;
	case MAIL_COMMAND_DONE:
		watches_arrived(
		    &h->watches, &((struct command *)mail->item)->where);
		command_unref(mail->item);
		break;
	case MAIL_HAS_SPACE:
		if (pace_go_on(&h->pace))
			hub_replay_soon(h);
		break;
	case MAIL_ANSWER:
		ask_answered(mail->item);
		break;
	case MAIL_WORKER_DONE:
		pulse_ended(&h->pulse, mail->value);
		h->on_worker_done(h->arg);
		break;
	case MAIL_MESSAGE: /* these go to the workers */
	case MAIL_COMMAND:
	case MAIL_REPLAY:
	case MAIL_NOTE:
	case MAIL_GAP:
	case MAIL_HERE:
	case MAIL_ROOM_WATCHED:
	case MAIL_ROOM_REFUSED:
	case MAIL_ASK:
	case MAIL_QUIET:
	case MAIL_CLOSE_ALL:
	case MAIL_DRAIN:
		fatal("hub", "mail for a worker");
	}
}

void hub_take_mail(struct hub *h)
{
	size_t count;
	const struct mail *mail = mailbox_take(h->mailbox, &count);

	for (size_t i = 0; i < count; i++)
		handle(h, &mail[i]);
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;

	(void)fd;
	(void)what;
	hub_take_mail(h);
	(void)mailbox_sleep(h->mailbox); /* else readable: called again */
}

void hub_catch_up(struct hub *h)
{
	if (watches_catch_up(&h->watches))
		timer_arm(h->more_event, 0, "hub");
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hub_catch_up(arg);
}

void hub_tell_gap(struct hub *h)
{
	size_t count = atomic_load(&h->shared->connections);

	if (!h->owes_gap)
		return;
	h->owes_gap =
	    count > 0 && !gap_begin(h->conf, count, &h->outbox, h->metrics);
	outbox_post(&h->outbox);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;

	(void)fd;
	(void)what;
	hub_catch_up(h);
	quiet_tick(&h->quiet);
	hub_tell_gap(h);
	keeper_tick(&h->keeper);
	if (keeper_has_pages(&h->keeper))
		hub_replay_soon(h);
	outbox_post(&h->outbox);
	pulse_beat(&h->pulse, clock_ms());
	metrics_set(h->metrics, METRIC_LOG_DROPPED, log_dropped());
}

/* --- life --- */

static int open_events(struct hub *h, struct err *e)
{
	const struct timeval tick = { 0, HUB_TICK_MS * 1000 };

	h->mail_event = event_new(
	    h->base, mailbox_fd(h->mailbox), EV_READ | EV_PERSIST, on_mail, h);
	h->tick_event = event_new(h->base, -1, EV_PERSIST, on_tick, h);
	h->more_event = evtimer_new(h->base, on_more, h);
	h->replay_event = evtimer_new(h->base, on_replay, h);
	if (!h->mail_event || !h->tick_event || !h->more_event ||
	    !h->replay_event || event_add(h->mail_event, NULL) < 0 ||
	    event_add(h->tick_event, &tick) < 0)
		return err_set(e, -ENOMEM, "cannot add events");
	return 0;
}

struct hub *hub_new(struct event_base *base, const struct conf *conf,
    const struct worker_shared *shared, struct worker **workers, unsigned count,
    struct mailbox *mailbox, struct metrics *metrics,
    void (*on_worker_done)(void *arg), void *arg, struct err *e)
{
	struct hub *h = xcalloc(1, sizeof *h);

	h->base = base;
	h->conf = conf;
	h->shared = shared;
	h->mailbox = mailbox;
	h->metrics = metrics;
	h->on_worker_done = on_worker_done;
	h->arg = arg;
	outbox_init(&h->outbox, workers, count);
	pulse_init(&h->pulse, &h->outbox, metrics);
	watches_init(
	    &h->watches, &h->outbox, metrics, shared->rooms_need_watch);
	pace_init(&h->pace, &h->outbox, &h->watches, metrics);
	quiet_init(&h->quiet, &h->outbox, metrics);
	keeper_init(&h->keeper, conf, &h->outbox, metrics);
	router_init(&h->router, conf, shared, &h->watches, &h->outbox,
	    &h->keeper, metrics);
	if (open_events(h, e) < 0) {
		hub_free(h);
		return NULL;
	}
	return h;
}

int hub_start(struct hub *h, const struct backend_ops *ops, struct err *e)
{
	int status =
	    watches_open(&h->watches, ops, h->base, h->conf, &hub_sink, h, e);

	if (status < 0)
		return status;
	keeper_open(&h->keeper, ops, h->watches.backend);
	return 0;
}

int hub_reload(struct hub *h, struct err *e)
{
	return h->watches.ops->reload(h->watches.backend, e);
}

void hub_drain(struct hub *h)
{
	outbox_post_all(&h->outbox, MAIL_DRAIN, 0);
}

int hub_find_stuck(const struct hub *h)
{
	return pulse_find_late(&h->pulse);
}

bool hub_is_up(const struct hub *h)
{
	return h->watches.is_up;
}

bool hub_is_warm(const struct hub *h)
{
	const struct backend_ops *ops = h->watches.ops;

	return !ops->is_warm || ops->is_warm(h->watches.backend);
}

/*
 * What nobody will handle any more: a single worker's loop is the hub's, and
 * ends with its last connection.
 */
static void drop_mail(struct hub *h)
{
	size_t count;
	const struct mail *mail = mailbox_take(h->mailbox, &count);

	for (size_t i = 0; i < count; i++)
		mail_drop(&mail[i]);
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	drop_mail(h);
	watches_fini(&h->watches);
	if (h->mail_event)
		event_free(h->mail_event);
	if (h->tick_event)
		event_free(h->tick_event);
	if (h->more_event)
		event_free(h->more_event);
	if (h->replay_event)
		event_free(h->replay_event);
	router_fini(&h->router);
	keeper_fini(&h->keeper);
	outbox_fini(&h->outbox);
	free(h);
}
