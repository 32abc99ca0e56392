/*
 * relief: what is queued for all connections together, and who goes when that
 * is more than delivery.memory.
 *
 * Each thread counts in a gauge of its own (METRIC_QUEUED_MEMORY): the hub adds
 * the messages it makes, the workers add their queues and take off what they
 * free. In steps that goes into one sum, which a worker reads once a turn.
 *
 * A connection weighs what would be free without it: a message that others
 * wait for as well counts in part. Weights are taken only when memory runs
 * short, of the connections whose sockets take no more, and gather in classes
 * for all workers. When the sum is over the bound, the lightest class is found
 * above which enough is held; each worker closes those of its own connections
 * that are in it or above, which are the heaviest of all workers.
 */
#ifndef CORE_RELIEF_H
#define CORE_RELIEF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reached.h"
#include "core/metrics.h"

struct conn;
struct outq;
struct worker;

/* Four classes for each doubling of a weight. */
enum { RELIEF_CLASSES = 128 };

/* What all threads share. Zero-initialised. */
struct relief_sum {
	_Alignas(64) _Atomic int64_t bytes; /* may be below 0 for a moment */
	struct reached full;
	_Atomic int64_t held[RELIEF_CLASSES]; /* by connections, as weighed */
};

/*
 * Bring what a thread's block has counted since the last time into the sum,
 * when it is worth it. *told is the thread's own, 0 at first.
 */
void relief_tell(
    struct relief_sum *sum, const struct metrics *m, int64_t *told);

/* The queue of c, which has one, grows unread: weigh it when needed. */
void relief_add(struct conn *c);

/* The queue is empty, or goes. Nothing happens when it was not added. */
void relief_del(struct worker *w, struct outq *q);

/*
 * Whether its queue, which it has, may take so many bytes more of its own: one
 * message lets the queues of a whole room double at once. False: that would
 * be too much, it was among those that hold most, and has been closed.
 */
bool relief_may_grow(struct conn *c, size_t bytes);

/*
 * At the end of a turn: close some of this worker's connections if too much is
 * queued and they hold most. True: there is more to do at once.
 */
bool relief_turn(struct worker *w);

/* At a tick: weigh some connections ahead if memory runs short. */
void relief_tick(struct worker *w);

#endif
