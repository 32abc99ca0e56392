/* workers: see the header. */
#include "process/workers.h"

#include <errno.h>

#include <event2/event.h>

#include "base/crypto.h"
#include "core/backend.h"
#include "core/transport.h"
#include "core/turn.h"
#include "net/transport.h"
#include "process/capacity.h"
#include "process/threads.h"

/* --- boot --- */

void workers_init(struct workers *w, const struct conf *conf,
    const struct backend_ops *backend)
{
	w->count = capacity_workers(conf);
	w->shared.max_connections =
	    capacity_connections(conf, w->count, backend);
	w->shared.rooms_need_watch = backend->needs_watch(conf);
}

/* What all of them share. */
static void share(
    struct workers *w, struct net_shared *net, struct mailbox *hub)
{
	struct worker_shared *s = &w->shared;

	s->ops = &transport_sockets;
	s->net = net;
	s->hub = hub;
	s->relief = &w->relief;
	crypto_random(&s->hash_key, sizeof s->hash_key);
	crypto_random(s->id_key, sizeof s->id_key);
	crypto_random(&s->instance, sizeof s->instance);
	crypto_random(&s->app_instance, sizeof s->app_instance);
}

static int open_one(
    struct workers *w, unsigned index, const struct conf *conf, struct err *e)
{
	struct worker *one =
	    worker_new(&w->shared, conf, index, workers_are_one_thread(w), e);

	w->of[index] = one;
	if (!one)
		return -ENOMEM;
	w->metrics[index + 1] = &one->metrics;
	if (turn_open(one, e) < 0 || w->shared.ops->start(one, e) < 0)
		return -ENOMEM;
	return 0;
}

static int open_loop(struct workers *w, struct err *e)
{
	w->base = workers_are_one_thread(w) ? w->of[0]->base : event_base_new();
	return w->base ? 0 : err_set(e, -ENOMEM, "cannot make an event loop");
}

int workers_open(struct workers *w, const struct conf *conf,
    struct net_shared *net, struct mailbox *hub, struct metrics *metrics,
    struct err *e)
{
	int rc = 0;

	share(w, net, hub);
	w->metrics[0] = metrics;
	for (unsigned i = 0; rc == 0 && i < w->count; i++)
		rc = open_one(w, i, conf, e);
	return rc < 0 ? rc : open_loop(w, e);
}

/* --- their threads --- */

void workers_start(struct workers *w)
{
	if (workers_are_one_thread(w))
		return;
	w->running = w->count;
	threads_start(w->of, w->count, w->threads);
}

void workers_run(struct workers *w)
{
	if (workers_are_one_thread(w)) {
		turn_run(w->of[0]);
	} else {
		(void)event_base_dispatch(w->base);
		threads_join(w->threads, w->count);
	}
}

void workers_on_done(void *arg)
{
	struct workers *w = arg;

	if (--w->running == 0)
		(void)event_base_loopbreak(w->base);
}

/* --- backwards --- */

static void close_loop(struct workers *w)
{
	/* A DNS look-up that was cancelled frees itself within some turns. */
	for (int i = 0; i < 3 && w->base; i++)
		(void)event_base_loop(w->base, EVLOOP_NONBLOCK);
	if (w->base && !workers_are_one_thread(w))
		event_base_free(w->base);
}

void workers_close(struct workers *w)
{
	close_loop(w);
	for (unsigned i = 0; i < w->count && w->of[i]; i++) {
		w->shared.ops->fini(w->of[i]);
		turn_close(w->of[i]);
		worker_free(w->of[i]);
	}
}
