#include "core/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/fatal.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/closing.h"
#include "core/command.h"
#include "core/conn.h"
#include "core/fanout.h"
#include "core/ids.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/poller.h"
#include "core/relief.h"
#include "core/spares.h"
#include "core/transport.h"

enum { REST_TICKS = 4 }; /* of the wheel at most */

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
static int arm_tick(struct worker *w)
{
	int ticks = wheel_rest_ticks(&w->wheel, REST_TICKS);
	const struct timeval delay = { 0, ticks * WHEEL_TICK_MS * 1000 };

	return event_add(w->tick_event, &delay);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	w->now_ms = clock_ms();
	wheel_turn(&w->wheel, w->now_ms, on_timer, w);
	closing_tick(w);
	relief_tick(w);
	if (arm_tick(w) < 0)
		fatal("worker", "cannot arm the clock: out of memory");
}

static int open_events(struct worker *w, struct err *e)
{
	w->base = event_base_new();
	if (!w->base)
		return err_set(e, -ENOMEM, "cannot make an event loop");
	w->mailbox = mailbox_new();
	if (!w->mailbox)
		return err_set(
		    e, -errno, "cannot make an eventfd: %s", strerror(errno));
	w->mail_event = event_new(
	    w->base, mailbox_fd(w->mailbox), EV_READ | EV_PERSIST, on_mail, w);
	w->tick_event = event_new(w->base, -1, 0, on_tick, w);
	if (!w->mail_event || !w->tick_event ||
	    event_add(w->mail_event, NULL) < 0 || arm_tick(w) < 0)
		return err_set(e, -ENOMEM, "cannot add events");
	return poller_open(w, e);
}

struct worker *worker_new(
    struct worker_shared *shared, unsigned index, bool is_alone, struct err *e)
{
	/* Zeroed, and its metrics on cache lines of their own. */
	struct worker *w = aligned_alloc(_Alignof(struct worker), sizeof *w);

	if (!w) {
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	memset(w, 0, sizeof *w);
	w->shared = shared;
	w->index = index;
	w->now_ms = clock_ms();
	wheel_init(&w->wheel, w->now_ms);
	map_init(&w->rooms);
	slots_init(&w->slots, sizeof(struct conn));
	list_init(&w->stalled);
	w->ids = crypto_block_new(shared->id_key);
	w->scratch = xmalloc(WORKER_SCRATCH);
	w->decoded = xmalloc(WORKER_SCRATCH);
	crypto_random(&w->random_state, sizeof w->random_state);
	w->random_state |= 1;
	if (open_events(w, e) < 0) {
		worker_free(w);
		return NULL;
	}
	if (is_alone)
		mailbox_set_local(w->mailbox);
	return w;
}

static void reap(struct worker *w)
{
	struct conn *c;

	while ((c = conn_pop_dead(w)))
		conn_free(c);
}

static void drop_item(const struct mail *mail)
{
	if (mail->kind == MAIL_MESSAGE)
		(void)message_unref(mail->item);
	else if (mail->kind == MAIL_COMMAND)
		command_unref(mail->item);
	else
		free(mail->item);
}

/* Mail that nobody will handle any more. */
static void drop_mail(struct worker *w)
{
	if (w->walk.delivery) { /* it has the message's reference */
		spares_unref_delivery(w, w->walk.delivery);
		w->mail_next++;
	}
	while (w->mailbox) {
		if (w->mail_next == w->mail_count) {
			w->mail = mailbox_take(w->mailbox, &w->mail_count);
			w->mail_next = 0;
			if (w->mail_count == 0)
				return;
		}
		drop_item(&w->mail[w->mail_next++]);
	}
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	assert(w->conn_count == 0);
	closing_end(w);
	drop_mail(w);
	spares_free(w);
	map_fini(&w->rooms);
	slots_fini(&w->slots);
	if (w->mail_event)
		event_free(w->mail_event);
	if (w->tick_event)
		event_free(w->tick_event);
	poller_close(w);
	mailbox_free(w->mailbox);
	if (w->base)
		event_base_free(w->base);
	crypto_block_free(w->ids);
	free(w->scratch);
	free(w->decoded);
	free(w);
}

static void answer(struct worker *w)
{
	if (atomic_load_explicit(&w->is_asked, memory_order_relaxed) &&
	    atomic_exchange(&w->is_asked, false))
		worker_post(w, MAIL_TURNED, w->index, NULL);
}

/*
 * The end of a turn. New messages are taken only when everybody has been
 * written to: batches grow by themselves when sweeps are slow, and nothing is
 * delayed when they are not, nor by those who can be written to again in each
 * turn. True when there is more to do at once.
 */
static bool turn(struct worker *w)
{
	unsigned left = FANOUT_TURN_FLUSHES;
	bool has_more = true;

	w->now_ms = clock_ms();
	left = fanout_flush(w, left);
	if (!w->dirty_first) {
		has_more = fanout_take_mail(w);
		(void)fanout_flush(w, left);
	}
	has_more |= relief_turn(w);
	reap(w);
	answer(w);
	return has_more || w->dirty_first || !mailbox_sleep(w->mailbox);
}

void worker_run(struct worker *w)
{
	bool has_more = false;

	while (!w->is_ending || w->conn_count > 0) {
		(void)event_base_loop(
		    w->base, EVLOOP_ONCE | (has_more ? EVLOOP_NONBLOCK : 0));
		has_more = turn(w);
	}
	worker_post(w, MAIL_WORKER_DONE, w->index, NULL);
}

void worker_post(struct worker *w, uint32_t kind, uint32_t value, void *item)
{
	const struct mail mail = { kind, value, item };

	mailbox_post(w->shared->hub, &mail, 1, 0);
}

int64_t worker_random(struct worker *w, int64_t limit)
{
	/* xorshift64 (Marsaglia, 2003) */
	w->random_state ^= w->random_state << 13;
	w->random_state ^= w->random_state >> 7;
	w->random_state ^= w->random_state << 17;
	return limit > 0 ? (int64_t)(w->random_state % (uint64_t)limit) : 0;
}

uint64_t worker_hash(const struct worker *w, struct slice name)
{
	return hash_bytes(&w->shared->hash_key, name.ptr, name.len);
}
