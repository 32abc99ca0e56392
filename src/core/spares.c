#include "core/spares.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/worker.h"

enum {
	KEEP_OUTQS = 1024, /* about 300 kB; the rest goes back to malloc */
	KEEP_DELIVERIES = 4096,
};

static struct outq *find_outq(struct worker *w)
{
	struct outq *q = w->free_outqs;

	if (q) {
		w->free_outqs = q->next_free;
		w->free_outq_count--;
		q->next_free = NULL;
		return q;
	}
	q = try_alloc(sizeof *q);
	if (q) {
		memset(q, 0, sizeof *q);
		list_init(&q->stalled);
	}
	return q;
}

void spares_count_outq(struct worker *w, struct outq *q)
{
	size_t now = outq_memory(q);

	metrics_add(&w->metrics, METRIC_QUEUED_MEMORY, now - q->counted);
	q->counted = now;
}

struct outq *spares_take_outq(struct worker *w)
{
	struct outq *q = find_outq(w);

	if (q)
		spares_count_outq(w, q);
	return q;
}

void spares_give_outq(struct worker *w, struct outq *q)
{
	assert(q->count == 0 && list_is_empty(&q->stalled));
	metrics_sub(&w->metrics, METRIC_QUEUED_MEMORY, q->counted);
	/* What a burst has grown is given back. */
	if (!mem_may_keep(w->free_outq_count < KEEP_OUTQS && outq_is_bare(q))) {
		outq_fini(q);
		free(q);
		return;
	}
	q->head = 0;
	q->head_sent = 0;
	q->is_over = false;
	q->moved = 0;
	q->counted = q->unsent = 0;
	q->next_free = w->free_outqs;
	w->free_outqs = q;
	w->free_outq_count++;
}

static struct delivery *find_delivery(struct worker *w)
{
	struct delivery *d = w->free_deliveries;

	if (!d)
		return xmalloc(sizeof *d);
	w->free_deliveries = d->next_free;
	w->free_delivery_count--;
	return d;
}

struct delivery *spares_take_delivery(struct worker *w, struct message *m)
{
	struct delivery *d = find_delivery(w);

	metrics_add(&w->metrics, METRIC_QUEUED_MEMORY, OUTQ_DELIVERY_COST);
	w->bulk.large += message_is_large(m);
	*d = (struct delivery){
		.message = m,
		.refs = 1,
		.age = ages_add(&w->ages),
	};
	return d;
}

/* What a run counts as besides its frames: all that its messages would. */
static size_t extra_of(struct message *const *messages, uint32_t count)
{
	size_t extra = (count - 1) * (OUTQ_DELIVERY_COST + OUTQ_SLOT_COST);

	for (uint32_t i = 0; i < count; i++)
		extra += messages[i]->extra;
	return extra;
}

static size_t run_size(uint32_t count)
{
	return sizeof(struct run) + count * sizeof(struct delivery *);
}

/* Its memory, without that of its messages. */
static size_t run_memory(const struct run *run)
{
	return run_size(run->count) + MEM_BLOCK_COST;
}

struct run *spares_take_run(
    struct worker *w, struct message *const *messages, uint32_t count)
{
	struct message *joined =
	    message_join(messages, count, extra_of(messages, count));
	struct run *run = xmalloc(run_size(count));

	run->whole = (struct delivery){
		.message = joined,
		.refs = 1,
		.is_run = true,
		.age = ages_add(&w->ages),
	};
	run->count = count;
	for (uint32_t i = 0; i < count; i++)
		run->parts[i] = spares_take_delivery(w, messages[i]);
	metrics_add(
	    &w->metrics, METRIC_QUEUED_MEMORY, joined->bytes + run_memory(run));
	return run;
}

static void give_run(struct worker *w, struct run *run)
{
	ages_del(&w->ages, run->whole.age);
	metrics_sub(&w->metrics, METRIC_QUEUED_MEMORY,
	    message_unref(run->whole.message) + run_memory(run));
	for (uint32_t i = 0; i < run->count; i++)
		spares_unref_delivery(w, run->parts[i]);
	free(run);
}

void spares_give_delivery(struct worker *w, struct delivery *d)
{
	if (d->is_run) {
		give_run(w, delivery_run(d));
		return;
	}
	ages_del(&w->ages, d->age);
	w->bulk.large -= message_is_large(d->message);
	metrics_sub(&w->metrics, METRIC_QUEUED_MEMORY,
	    message_unref(d->message) + OUTQ_DELIVERY_COST);
	if (!mem_may_keep(w->free_delivery_count < KEEP_DELIVERIES)) {
		free(d);
		return;
	}
	d->next_free = w->free_deliveries;
	w->free_deliveries = d;
	w->free_delivery_count++;
}

/* Spares may stand far apart, each on a page of its own. */
void spares_free(struct worker *w)
{
	w->free_outq_count = w->free_delivery_count = 0;
	while (w->free_outqs) {
		struct outq *q = w->free_outqs;

		w->free_outqs = q->next_free;
		outq_fini(q);
		free(q);
	}
	while (w->free_deliveries) {
		struct delivery *d = w->free_deliveries;

		w->free_deliveries = d->next_free;
		free(d);
	}
}
