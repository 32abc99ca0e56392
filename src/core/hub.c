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
#include "core/keeper.h"
#include "core/mail.h"
#include "core/outbox.h"
#include "core/pulse.h"
#include "core/relief.h"
#include "core/router.h"
#include "core/watches.h"
#include "core/worker.h"
#include "sys/timer.h"

enum {
	HUB_TICK_MS = PULSE_ASK_MS, /* idle rooms are looked at as often */
	TRIM_TICKS = 10,            /* of quiet, before memory is given back */
};

struct hub {
	const struct conf *conf;
	const struct worker_shared *shared;
	struct outbox outbox;
	struct watches watches;
	struct router router;
	struct keeper keeper;
	struct pulse pulse;
	bool is_paused;
	bool owes_gap; /* core/gap: clients have not been told */

	uint64_t last_activity; /* payloads and sockets, at the last tick */
	unsigned quiet_ticks;   /* since something happened */

	bool mail_is_taken; /* since the current read of the backend */
	struct mailbox *mailbox;
	struct event *mail_event;   /* owned */
	struct event *tick_event;   /* owned */
	struct event *more_event;   /* owned; timer of the next turn */
	struct event *replay_event; /* owned; the same, for core/replay */

	struct event_base *base;
	struct metrics *metrics;
	int64_t told_of_memory; /* core/relief */
	void (*on_worker_done)(void *arg);
	void *arg;
};

/* --- the workers' pace --- */

static void set_paused(struct hub *h, bool is_paused)
{
	h->is_paused = is_paused;
	metrics_set(h->metrics, METRIC_BACKEND_PAUSED, is_paused);
	h->watches.ops->set_paused(h->watches.backend, is_paused);
}

/* Stop reading payloads while a worker is too far behind. */
static void check_workers(struct hub *h)
{
	if (!outbox_is_full(&h->outbox) || !outbox_wait_for_space(&h->outbox) ||
	    h->is_paused)
		return;
	metrics_inc(h->metrics, METRIC_BACKEND_PAUSES);
	log_warn("hub", "workers are behind: reading the backend pauses",
	    kv_int("mailbox_bytes", OUTBOX_FULL_BYTES));
	set_paused(h, true);
}

static void go_on(struct hub *h)
{
	if (!h->is_paused || outbox_is_full(&h->outbox))
		return;
	log_info("hub", "reading the backend goes on", kv_none);
	set_paused(h, false);
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
		timer_arm(h->replay_event, 0, "hub");
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
		go_on(h);
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

static void take_mail(struct hub *h)
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
	take_mail(h);
	(void)mailbox_sleep(h->mailbox); /* else readable: called again */
}

/* What has happened so far, in payloads and sockets. */
static uint64_t activity(const struct hub *h)
{
	struct metrics *main_thread = h->metrics;
	uint64_t sum = metrics_sum(&main_thread, 1, METRIC_PAYLOADS);

	for (unsigned i = 0; i < h->outbox.worker_count; i++) {
		struct metrics *worker = &h->outbox.workers[i]->metrics;

		sum += metrics_sum(&worker, 1, METRIC_ACCEPTED);
	}
	return sum;
}

/*
 * The workers keep some of what a burst has needed, and malloc what it has
 * freed, for each thread. Once it has been quiet for a while, and once only,
 * that goes back to the system.
 */
static void trim_when_quiet(struct hub *h)
{
	uint64_t now = activity(h);

	if (now != h->last_activity)
		h->quiet_ticks = 0;
	else if (h->quiet_ticks <= TRIM_TICKS + 1)
		h->quiet_ticks++;
	h->last_activity = now;
	if (h->quiet_ticks == TRIM_TICKS)
		outbox_post_all(&h->outbox, MAIL_QUIET, 0);
	else if (h->quiet_ticks == TRIM_TICKS + 1) /* they have freed it */
		mem_trim();
}

/* A part now, the rest in the turns that follow. */
static void catch_up(struct hub *h)
{
	if (watches_catch_up(&h->watches))
		timer_arm(h->more_event, 0, "hub");
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	catch_up(arg);
}

/* Pages go where the messages go, and wait for them. */
static void on_replay(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;
	bool has_more;

	(void)fd;
	(void)what;
	if (h->is_paused)
		return;
	has_more = keeper_turn(&h->keeper);
	outbox_post(&h->outbox);
	check_workers(h);
	if (has_more && !h->is_paused)
		timer_arm(h->replay_event, 0, "hub");
}

/* What an outage means for clients; without memory the next tick has some. */
static void tell_gap(struct hub *h)
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
	catch_up(h);
	trim_when_quiet(h);
	tell_gap(h);
	keeper_tick(&h->keeper);
	outbox_post(&h->outbox);
	pulse_beat(&h->pulse, clock_ms());
	metrics_set(h->metrics, METRIC_LOG_DROPPED, log_dropped());
}

/* --- what the backend says --- */

static struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	struct hub *h = arg;

	if (!h->mail_is_taken) {
		take_mail(h); /* see the top of hub.h */
		h->mail_is_taken = true;
	}
	return router_take(&h->router, m);
}

static struct backend_verdict check_message(
    void *arg, const struct backend_message *m)
{
	struct hub *h = arg;

	return router_check(&h->router, m);
}

static void on_batch_end(void *arg)
{
	struct hub *h = arg;

	outbox_post(&h->outbox);
	relief_tell(h->shared->relief, h->metrics, &h->told_of_memory);
	h->mail_is_taken = false;
	check_workers(h);
}

static void on_state(void *arg, bool is_up)
{
	struct hub *h = arg;

	metrics_set(h->metrics, METRIC_BACKEND_UP, is_up);
	watches_set_up(&h->watches, is_up);
	catch_up(h);
}

static void on_watched(void *arg, struct slice name)
{
	struct hub *h = arg;

	watches_confirmed(&h->watches, name,
	    hash_bytes(&h->shared->hash_key, name.ptr, name.len));
}

static void on_refused(void *arg, struct slice name)
{
	struct hub *h = arg;

	watches_refused(&h->watches, name,
	    hash_bytes(&h->shared->hash_key, name.ptr, name.len));
}

static void on_gap(void *arg)
{
	struct hub *h = arg;

	h->owes_gap = true;
	tell_gap(h);
}

/* Who waits for a position has one. */
static void on_mark(void *arg, struct slice id)
{
	struct hub *h = arg;

	keeper_mark(&h->keeper, id);
	timer_arm(h->replay_event, 0, "hub");
}

static void on_void(void *arg)
{
	struct hub *h = arg;

	keeper_void(&h->keeper);
}

static void on_hole(void *arg)
{
	struct hub *h = arg;

	keeper_hole(&h->keeper);
}

static void on_barrier(void *arg)
{
	(void)arg; /* nobody asks yet */
}

static void on_off(void *arg)
{
	struct hub *h = arg;

	keeper_off(&h->keeper);
	timer_arm(h->replay_event, 0, "hub");
}

static const struct backend_sink sink = {
	.on_message = on_message,
	.check_message = check_message,
	.on_batch_end = on_batch_end,
	.on_state = on_state,
	.on_watched = on_watched,
	.on_refused = on_refused,
	.on_gap = on_gap,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_hole = on_hole,
	.on_barrier = on_barrier,
	.on_off = on_off,
};

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
	    watches_open(&h->watches, ops, h->base, h->conf, &sink, h, e);

	if (status < 0)
		return status;
	keeper_open(&h->keeper, ops);
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
