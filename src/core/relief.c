#include "core/relief.h"

#include "base/list.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/outq.h"
#include "core/transport.h"
#include "core/worker.h"

enum {
	TELL_BYTES = 64 << 10, /* a thread's share that the sum may miss */
	WEIGHED = 512,         /* connections in a turn: half a millisecond */
	CLOSED = 64,           /* of those */
	SAMPLES = 8,           /* messages looked at in one queue */
	SLACK = 16,            /* so that not each turn has something to do:
				* below the bound by one part in so many */
	LIGHTEST = 8, /* as a power of two: all below are in one class */
};

void relief_tell(struct relief_sum *sum, const struct metrics *m, int64_t *told)
{
	int64_t now = (int64_t)atomic_load_explicit(
	    &m->values[METRIC_QUEUED_MEMORY], memory_order_relaxed);
	int64_t news = now - *told;

	if (news < TELL_BYTES && news > -TELL_BYTES)
		return;
	(void)atomic_fetch_add_explicit(
	    &sum->bytes, news, memory_order_relaxed);
	*told = now;
}

/* --- weights --- */

static unsigned class_of(size_t weight)
{
	unsigned log = 63 - (unsigned)__builtin_clzll(weight | 1);
	unsigned class;

	if (log < LIGHTEST)
		return 0;
	class = (log - LIGHTEST) * 4 + (weight >> (log - 2) & 3);
	return class < RELIEF_CLASSES ? class : RELIEF_CLASSES - 1;
}

static void hold(struct worker *w, unsigned class, int64_t bytes)
{
	(void)atomic_fetch_add_explicit(
	    &w->shared->relief->held[class], bytes, memory_order_relaxed);
}

static void set_weight(struct worker *w, struct outq *q, size_t weight)
{
	if (q->weight > 0)
		hold(w, class_of(q->weight), -(int64_t)q->weight);
	if (weight > 0)
		hold(w, class_of(weight), (int64_t)weight);
	q->weight = weight;
}

/* How many wait for this message: a guess, the other workers' are alike. */
static size_t sharers(const struct delivery *d)
{
	return (size_t)d->refs *
	       atomic_load_explicit(&d->message->refs, memory_order_relaxed);
}

/* What would be free without this queue, from a few of its messages. */
static size_t weigh(const struct outq *q)
{
	uint32_t step = q->count / SAMPLES + 1;
	double bytes = 0, alone = 0;

	for (uint32_t i = 0; i < q->count; i += step) {
		const struct delivery *d = outq_at(q, i);

		bytes += (double)d->message->bytes;
		alone += (double)d->message->bytes / (double)sharers(d);
	}
	if (bytes <= 0)
		return q->counted;
	return q->counted + (size_t)((double)q->cost * alone / bytes);
}

void relief_add(struct conn *c)
{
	struct list *node = &c->outq->stalled;

	if (!list_is_empty(node))
		return;
	c->outq->owner = c;
	/* In front: it has not been weighed. */
	list_add(c->worker->stalled.next, node);
}

void relief_del(struct worker *w, struct outq *q)
{
	if (list_is_empty(&q->stalled))
		return;
	set_weight(w, q, 0);
	list_del(&q->stalled);
}

/* The one that was weighed longest ago, now again; NULL: there is none. */
static struct outq *weigh_next(struct worker *w)
{
	struct list *node = w->stalled.next;
	struct outq *q;

	if (list_is_empty(&w->stalled))
		return NULL;
	q = container_of(node, struct outq, stalled);
	list_del(node);
	list_add(&w->stalled, node);
	set_weight(w, q, weigh(q));
	return q;
}

/* --- who goes --- */

static size_t bound(const struct worker *w)
{
	return w->conf->delivery.memory;
}

static size_t queued(const struct worker *w)
{
	int64_t bytes = atomic_load_explicit(
	    &w->shared->relief->bytes, memory_order_relaxed);

	return bytes > 0 ? (size_t)bytes : 0;
}

/* The lightest class of those who hold so many bytes; beyond all: nobody. */
static unsigned class_to_go(const struct worker *w, int64_t bytes)
{
	int64_t sum = 0;

	if (bytes <= 0)
		return RELIEF_CLASSES;
	for (unsigned class = RELIEF_CLASSES; class -- > 0;) {
		sum += atomic_load_explicit(
		    &w->shared->relief->held[class], memory_order_relaxed);
		if (sum >= bytes)
			return class;
	}
	return RELIEF_CLASSES;
}

static void log_once(struct worker *w)
{
	if (reached_is_news(&w->shared->relief->full, w->now_ms))
		log_warn(LOG_WORKER,
		    "too much is queued: closing the clients that hold most",
		    kv_int("bytes", (int64_t)queued(w)),
		    kv_int("delivery_memory", (int64_t)bound(w)));
}

/* How much more must go, when soon bytes are about to. */
static int64_t excess(const struct worker *w, size_t soon)
{
	size_t aim = bound(w) - bound(w) / SLACK;

	return (int64_t)queued(w) - (int64_t)soon - (int64_t)aim;
}

/*
 * Close one that may hold as much as must go. What it has half written stays,
 * for the sake of the close frame behind it; if that is too much as well, it
 * is cut off. Returns what will be free at the end of the turn.
 */
static size_t close_one(struct worker *w, struct outq *q, size_t soon)
{
	struct conn *c = q->owner;
	size_t weight;

	log_once(w);
	while (c->state != CONN_DEAD &&
	       class_of(q->weight) >= class_to_go(w, excess(w, soon))) {
		w->shared->ops->close(c, CLOSE_MEMORY, false);
		set_weight(w, q, weigh(q));
		relief_tell(w->shared->relief, &w->metrics, &w->told_of_memory);
	}
	if (c->state != CONN_DEAD)
		return 0;
	weight = q->weight;
	relief_del(w, q);
	return weight;
}

bool relief_may_grow(struct conn *c, size_t bytes)
{
	struct worker *w = c->worker;
	struct outq *q = c->outq;

	if (list_is_empty(&q->stalled))
		return true; /* as far as we know the reader takes all */
	relief_tell(w->shared->relief, &w->metrics, &w->told_of_memory);
	if (queued(w) + bytes <= bound(w))
		return true;
	set_weight(w, q, weigh(q) + bytes);
	if (class_of(q->weight) < class_to_go(w, excess(w, 0) + (int64_t)bytes))
		return true;
	log_once(w);
	w->shared->ops->close(c, CLOSE_MEMORY, false);
	set_weight(w, q, weigh(q));
	return false;
}

static unsigned weigh_some(struct worker *w)
{
	unsigned count = 0;
	const struct outq *first = NULL, *q;

	while (count < WEIGHED && (q = weigh_next(w)) && q != first) {
		first = first ? first : q;
		count++;
	}
	return count;
}

/* Of those weighed just now, which are the last in the list. */
static bool close_some(struct worker *w, unsigned weighed)
{
	struct list *node = w->stalled.prev;
	size_t soon = 0;
	int closed = 0;

	while (weighed-- > 0 && closed < CLOSED && excess(w, soon) > 0) {
		struct outq *q = container_of(node, struct outq, stalled);

		node = node->prev;
		if (class_of(q->weight) < class_to_go(w, excess(w, soon)))
			continue;
		soon += close_one(w, q, soon);
		closed++;
	}
	return closed > 0;
}

/*
 * Whether to go on weighing: a heavier one may be among those that never were.
 * Not for long: new ones may come as fast.
 */
static bool must_wait(struct worker *w)
{
	struct list *node = w->stalled.next;
	const struct outq *q = container_of(node, struct outq, stalled);

	return node != &w->stalled && q->weight == 0 &&
	       queued(w) <= bound(w) + bound(w) / SLACK;
}

bool relief_turn(struct worker *w)
{
	unsigned weighed;

	relief_tell(w->shared->relief, &w->metrics, &w->told_of_memory);
	if (queued(w) <= bound(w))
		return false;
	weighed = weigh_some(w);
	return must_wait(w) || close_some(w, weighed);
}

void relief_tick(struct worker *w)
{
	if (queued(w) > bound(w) / 2)
		(void)weigh_some(w);
}
