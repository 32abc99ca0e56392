#include "core/hub.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_ref.h"
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

/* A worker has space again, or nobody waits for it any more. */
static void go_on(struct hub *h)
{
	if (pace_go_on(&h->pace))
		hub_replay_soon(h);
}

static void end_worker(struct hub *h, unsigned worker)
{
	outbox_end(&h->outbox, worker);
	ask_end(&h->outbox, worker);
	pulse_ended(&h->pulse, worker);
	go_on(h);
	h->on_worker_done(h->arg);
}

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
		go_on(h);
		break;
	case MAIL_REACHED:
		publication_reached(mail->item, mail->value);
		break;
	case MAIL_APP_EVENT:
		hub_post_event(h, mail->item);
		break;
	case MAIL_PRESENCE:
		occupancy_take(&h->occupancy, mail->item);
		hub_tell_seats(h);
		break;
	case MAIL_KEYS_WANTED:
		if (h->on_keys_wanted)
			h->on_keys_wanted(h->keys_arg);
		break;
	case MAIL_ANSWER:
		ask_answered(mail->item);
		break;
	case MAIL_WORKER_DONE:
		end_worker(h, mail->value);
		break;
	case MAIL_MESSAGE: /* these go to the workers */
	case MAIL_COMMAND:
	case MAIL_REPLAY:
	case MAIL_NOTE:
	case MAIL_GAP:
	case MAIL_ROOMS_GAP:
	case MAIL_HERE:
	case MAIL_ROOM_WATCHED:
	case MAIL_ROOM_REFUSED:
	case MAIL_CONF:
	case MAIL_KEYS:
	case MAIL_ASK:
	case MAIL_QUIET:
	case MAIL_RENAMED:
	case MAIL_CLOSE_ALL:
	case MAIL_DRAIN:
		fatal("hub", "mail for a worker");
	}
}

void hub_take_mail(struct hub *h)
{
	size_t count;
	const struct mail *mail = mailbox_take(h->mailbox, &count);

	for (size_t i = 0; i < count; i++) {
		watches_fetch(&h->watches, &mail[i], count - i);
		handle(h, &mail[i]);
	}
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;

	(void)fd;
	(void)what;
	hub_take_mail(h);
	(void)mailbox_sleep(h->mailbox); /* else woken: called again */
}

/* The loop comes to it behind what is ready already. */
static void wake(void *arg)
{
	struct hub *h = arg;

	event_active(h->mail_event, EV_READ, 0);
}

void hub_share_thread(struct hub *h)
{
	mailbox_set_waker(h->mailbox, wake, h);
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

	if (h->owed == CONF_GAP_IGNORE)
		return;
	if (count == 0 || gap_begin(h->owed, count, &h->outbox, h->metrics))
		h->owed = CONF_GAP_IGNORE;
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
	hub_tick_seats(h);
	metrics_set(h->metrics, METRIC_LOG_DROPPED, log_dropped());
}

/* --- life --- */

static int open_events(struct hub *h, struct err *e)
{
	const struct timeval tick = { 0, HUB_TICK_MS * 1000 };

	h->mail_event = event_new(
	    h->base, mailbox_fd(h->mailbox), EV_READ | EV_PERSIST, on_mail, h);
	h->tick_event = event_new(h->base, -1, EV_PERSIST, on_tick, h);
	h->more_event = timer_new(h->base, on_more, h, "hub");
	h->replay_event = timer_new(h->base, on_replay, h, "hub");
	if (!h->mail_event || !h->tick_event ||
	    event_add(h->mail_event, NULL) < 0 ||
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
	h->conf = conf_ref(conf);
	h->shared = shared;
	h->mailbox = mailbox;
	h->metrics = metrics;
	h->on_worker_done = on_worker_done;
	h->arg = arg;
	list_init(&h->surveys);
	outbox_init(&h->outbox, workers, count);
	pulse_init(&h->pulse, &h->outbox);
	watches_init(
	    &h->watches, &h->outbox, metrics, shared->rooms_need_watch);
	hub_name_instance(h);
	hub_begin_seats(h);
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

void hub_give_conf(struct hub *h, unsigned worker, struct new_conf *n)
{
	outbox_post(&h->outbox);
	outbox_post_one(&h->outbox, worker, MAIL_CONF, n);
}

void hub_set_on_keys_wanted(
    struct hub *h, void (*on_keys_wanted)(void *arg), void *arg)
{
	h->on_keys_wanted = on_keys_wanted;
	h->keys_arg = arg;
}

void hub_tell_keys(struct hub *h)
{
	outbox_post_all(&h->outbox, MAIL_KEYS, 0);
}

static void hash_room(const struct hub *h, struct roster_room *room)
{
	room->hash = hash_bytes(&h->shared->hash_key, room->name, room->len);
}

struct roster *hub_list_connections(struct hub *h, struct roster_query *query,
    roster_done_fn on_done, void *arg)
{
	hash_room(h, &query->room);
	hash_room(h, &query->user);
	return roster_open(&h->outbox, &h->surveys, query, on_done, arg);
}

struct census *hub_list_rooms(struct hub *h, const struct census_query *query,
    census_done_fn on_done, void *arg)
{
	return census_open(&h->outbox, &h->surveys, &h->watches.interests,
	    query, on_done, arg);
}

const char *hub_judge(struct hub *h, struct slice channel, struct slice payload)
{
	const struct backend_message m = { .channel = channel,
		.payload = payload };

	return router_judge(&h->router, &m);
}

struct publication *hub_publish(struct hub *h, struct slice channel,
    struct slice payload, publication_done_fn on_done, void *arg)
{
	return publication_open(h->base, &h->watches, &h->router.publications,
	    channel, payload, on_done, arg);
}

/* What was kept may be in no form that is wanted now: then nothing is kept. */
void hub_use_conf(struct hub *h, const struct conf *conf)
{
	const struct conf *old = h->conf;
	bool is_of_use = router_use_conf(&h->router, conf);

	h->conf = conf_ref(conf);
	keeper_use_conf(&h->keeper, conf, is_of_use);
	h->watches.ops->use_conf(h->watches.backend, conf);
	conf_unref(old);
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
	return h->watches.state == BACKEND_UP;
}

bool hub_is_down(const struct hub *h)
{
	return h->watches.state == BACKEND_DOWN;
}

void hub_name_away(const struct hub *h, struct buf *out)
{
	if (h->watches.ops->name_away)
		h->watches.ops->name_away(h->watches.backend, out);
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
	mailbox_set_waker(h->mailbox, NULL, NULL);
	drop_mail(h);
	watches_fini(&h->watches);
	seat_rounds_free(h->seat_rounds);
	occupancy_fini(&h->occupancy);
	if (h->mail_event)
		event_free(h->mail_event);
	if (h->tick_event)
		event_free(h->tick_event);
	if (h->more_event)
		event_free(h->more_event);
	if (h->replay_event)
		event_free(h->replay_event);
	surveys_end(&h->surveys);
	publications_end(&h->router.publications);
	router_fini(&h->router);
	keeper_fini(&h->keeper);
	outbox_fini(&h->outbox);
	conf_unref(h->conf);
	free(h);
}
