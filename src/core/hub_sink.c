#include "core/backend.h"
#include "core/hub_state.h"
#include "core/relief.h"
#include "core/worker.h"

static struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	struct hub *h = arg;

	if (!h->mail_is_taken) {
		hub_take_mail(h); /* see the top of hub.h */
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
	pace_check(&h->pace);
}

static void on_state(void *arg, bool is_up)
{
	struct hub *h = arg;

	metrics_set(h->metrics, METRIC_BACKEND_UP, is_up);
	watches_set_up(&h->watches, is_up);
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

static void on_gap(void *arg)
{
	struct hub *h = arg;

	h->owes_gap = true;
	hub_tell_gap(h);
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
	.on_mark = on_mark,
	.on_void = on_void,
	.on_off = on_off,
	.on_hole = on_hole,
	.on_barrier = on_barrier,
};
