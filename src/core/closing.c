#include "core/closing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "core/worker.h"

/* A part of the time is left for the clients to answer the close frame. */
enum { SPREAD_PERCENT = 80 };

struct closing {
	enum close_reason reason;
	int64_t begin_ms;
	int64_t spread_ms;
	int64_t hard_ms; /* what is still there then is cut off; or 0 */
	size_t count;
	size_t next;
	struct doomed {
		uint64_t serial; /* the slot may have been given again */
		uint32_t slot;
	} doomed[];
};

static int by_age(const void *a, const void *b)
{
	const struct doomed *x = a, *y = b;

	return (x->serial > y->serial) - (x->serial < y->serial);
}

void closing_begin(struct worker *w, enum close_reason reason)
{
	int64_t drain_ms = w->shared->conf->shutdown.drain_ms;
	uint32_t at = 0;
	struct closing *k;
	const struct conn *c;

	if (w->closing && reason != CLOSE_SHUTDOWN)
		return;
	closing_end(w);
	k = xmalloc(sizeof *k + w->conn_count * sizeof k->doomed[0]);
	*k = (struct closing){
		.reason = reason,
		.begin_ms = w->now_ms,
		.spread_ms = drain_ms * SPREAD_PERCENT / 100,
		.hard_ms = w->is_ending ? w->now_ms + drain_ms : 0,
	};
	while ((c = slots_next(&w->slots, &at)))
		k->doomed[k->count++] = (struct doomed){ c->serial, c->slot };
	qsort(k->doomed, k->count, sizeof k->doomed[0], by_age);
	w->closing = k;
	closing_tick(w);
}

static void close_one(struct worker *w, const struct doomed *d)
{
	struct conn *c = slots_find(&w->slots, d->slot);

	if (c && c->serial == d->serial && c->state == CONN_OPEN)
		w->shared->ops->close(c, w->closing->reason, true);
}

static void kill_all(struct worker *w)
{
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&w->slots, &at)))
		conn_kill(c);
}

void closing_tick(struct worker *w)
{
	struct closing *k = w->closing;
	int64_t passed;
	size_t due;

	if (!k)
		return;
	passed = w->now_ms - k->begin_ms;
	/* One more than its share: a single client need not wait at all. */
	due = passed >= k->spread_ms ? k->count
				     : (size_t)((uint64_t)passed * k->count /
						(uint64_t)k->spread_ms) +
					   1;
	while (k->next < k->count && k->next < due)
		close_one(w, &k->doomed[k->next++]);
	if (k->hard_ms && w->now_ms >= k->hard_ms)
		kill_all(w);
	else if (!k->hard_ms && k->next == k->count)
		closing_end(w);
}

void closing_end(struct worker *w)
{
	free(w->closing);
	w->closing = NULL;
}
