#include "base/clock.h"
#include "core/backend.h"
#include "core/gap.h"
#include "core/hub_state.h"
#include "core/lost_rooms.h"
#include "core/relief.h"
#include "core/worker.h"

static struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	struct hub *h = arg;

	if (!h->mail_is_taken) {
		hub_take_mail(h); /* see the top of hub.h */
		h->mail_is_taken = true;
		h->router.read_us = (uint32_t)clock_us() | 1;
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
	pace_check(&h->pace);
}

static void on_state(void *arg, enum backend_state state)
{
	struct hub *h = arg;

	metrics_set(h->metrics, METRIC_BACKEND_UP, state == BACKEND_UP);
	watches_set_state(&h->watches, state);
	hub_catch_up(h);
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

/* Where several are owed, the one that does most. */
static void on_gap(void *arg, enum conf_gap answer)
{
	struct hub *h = arg;

	if (h->owed < answer)
		h->owed = answer;
	hub_tell_gap(h);
}

/* Where memory is out all are told, later. */
static void on_rooms_gap(
    void *arg, enum conf_gap answer, struct lost_rooms *rooms)
{
	struct hub *h = arg;

	if (!gap_begin_rooms(answer, rooms, &h->outbox, h->metrics))
		on_gap(h, answer);
	lost_rooms_unref(rooms);
}

static void on_mark(void *arg, struct slice id)
{
	struct hub *h = arg;

	keeper_mark(&h->keeper, id);
	hub_replay_soon(h);
}

static void on_void(void *arg)
{
	struct hub *h = arg;

	keeper_void(&h->keeper);
}

static void on_off(void *arg)
{
	struct hub *h = arg;

	keeper_off(&h->keeper);
	hub_replay_soon(h);
}

static void on_hole(void *arg)
{
	struct hub *h = arg;

	keeper_hole(&h->keeper);
}

static void on_barrier(void *arg)
{
	struct hub *h = arg;

	keeper_barrier(&h->keeper);
	hub_replay_soon(h);
}

const struct backend_sink hub_sink = {
	.on_message = on_message,
	.check_message = check_message,
	.on_batch_end = on_batch_end,
	.on_state = on_state,
	.on_watched = on_watched,
	.on_refused = on_refused,
	.on_gap = on_gap,
	.on_rooms_gap = on_rooms_gap,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_off = on_off,
	.on_hole = on_hole,
	.on_barrier = on_barrier,
};
