/*
 * spares: the small memory of a message's way, which comes and goes with every
 * burst: queues of connections, and a worker's handles of messages. A worker
 * keeps some of both for the next burst. The worker's thread.
 */
#ifndef CORE_SPARES_H
#define CORE_SPARES_H

#include "core/outq.h"

struct worker;

/* An empty queue, or NULL when memory is out. */
struct outq *spares_take_outq(struct worker *w);
/* Take a queue back; no message waits in it, core/relief has it no more. */
void spares_give_outq(struct worker *w, struct outq *q);
/* The queue's own memory is another now: the gauge follows. */
void spares_count_outq(struct worker *w, struct outq *q);

/* A handle of this message, with one reference; takes the worker's of it. */
struct delivery *spares_take_delivery(struct worker *w, struct message *m);
/*
 * A handle of several messages as one, alike and at least one, with one
 * reference; takes the worker's of each.
 */
struct run *spares_take_run(
    struct worker *w, struct message *const *messages, uint32_t count);
/* Take a handle without references back, and give back the message's one. */
void spares_give_delivery(struct worker *w, struct delivery *d);

/* Give one reference back; the last one gives the message back. */
static inline void spares_unref_delivery(struct worker *w, struct delivery *d)
{
	if (--d->refs == 0)
		spares_give_delivery(w, d);
}

/* The same as core/outq calls it; arg is the worker. */
static inline void spares_done_with(void *arg, struct delivery *d)
{
	spares_unref_delivery(arg, d);
}

/* Free all that is kept. */
void spares_free(struct worker *w);

#endif
