#include "core/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "conf/conf_ref.h"
#include "core/new_conf.h"
#include "core/seats.h"
#include "core/transport.h"

static int open_base(struct worker *w, struct err *e)
{
	w->base = event_base_new();
	if (!w->base)
		return err_set(e, -ENOMEM, "cannot make an event loop");
	w->mailbox = mailbox_new();
	if (!w->mailbox)
		return err_set(
		    e, -errno, "cannot make an eventfd: %s", strerror(errno));
	return 0;
}

struct worker *worker_new(struct worker_shared *shared, const struct conf *conf,
    unsigned index, bool is_alone, struct err *e)
{
	/* Zeroed, and its metrics on cache lines of their own. */
	struct worker *w = aligned_alloc(_Alignof(struct worker), sizeof *w);

	if (!w) {
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	memset(w, 0, sizeof *w);
	w->shared = shared;
	w->conf = conf_ref(conf);
	w->index = index;
	app_event_name_instance(shared->app_instance, 0, w->instance_name);
	w->now_ms = clock_ms();
	wheel_init(&w->wheel, w->now_ms);
	ages_start(&w->ages, w->now_ms);
	map_init(&w->rooms);
	map_init(&w->replays);
	map_init(&w->aliases);
	map_init(&w->alias_names);
	map_init(&w->moves);
	w->stamp = STAMP_HEARD;
	list_init(&w->stalled);
	w->ids = crypto_block_new(shared->id_key);
	w->scratch = xmalloc(WORKER_SCRATCH);
	w->decoded = xmalloc(WORKER_SCRATCH);
	crypto_random(&w->random_state, sizeof w->random_state);
	w->random_state |= 1;
	if (open_base(w, e) < 0) {
		worker_free(w);
		return NULL;
	}
	if (is_alone)
		mailbox_set_local(w->mailbox);
	return w;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	assert(w->conn_count == 0);
	seats_free(w->seats);
	map_fini(&w->rooms);
	map_fini(&w->replays);
	map_fini(&w->aliases);
	map_fini(&w->alias_names);
	map_fini(&w->moves);
	mailbox_free(w->mailbox);
	if (w->base)
		event_base_free(w->base);
	crypto_block_free(w->ids);
	conf_unref(w->conf);
	free(w->scratch);
	free(w->decoded);
	free(w);
}

/* The worker whose thread this is, or NULL. */
static _Thread_local const struct worker *here;

void worker_enter(struct worker *w)
{
	here = w;
	atomic_store(&w->has_thread, true);
}

void worker_leave(struct worker *w)
{
	here = NULL;
	atomic_store(&w->has_thread, false);
}

#ifdef ROOMCAST_CHECKED
void worker_check_thread(const struct worker *w)
{
	if (here != w && atomic_load(&w->has_thread))
		fatal("worker", "touched by another thread");
}
#endif

void worker_use_conf(struct worker *w, struct new_conf *n)
{
	const struct conf *old = w->conf;

	w->conf = n->conf;
	n->conf = old;
	w->shared->ops->use_conf(w, n->net);
	n->net = NULL;
	new_conf_free(n);
}

void worker_post(struct worker *w, uint32_t kind, uint32_t value, void *item)
{
	const struct mail mail = { kind, value, item };

	worker_check_thread(w);
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
