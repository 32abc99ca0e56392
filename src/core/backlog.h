/*
 * backlog: what waits for one connection. Nothing, mostly; or one message,
 * which takes no memory of its own; or a queue (core/outq). The worker's
 * thread.
 */
#ifndef CORE_BACKLOG_H
#define CORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/outq.h"

/* The frame that this connection gets of a message. */
static inline struct slice backlog_frame(
    const struct conn *c, const struct delivery *d)
{
	return message_frame(d->message, c->form);
}

/*
 * The bytes that wait, as delivery.queue counts them: not of what it had
 * missed.
 */
static inline size_t backlog_cost(const struct conn *c)
{
	if (c->only)
		return c->only->is_missed ? 0
					  : outq_cost_of(c->only->message,
						backlog_frame(c, c->only).len);
	return c->outq ? outq_live_cost(c->outq) : 0;
}

/* Whether they would be more than limit with extra bytes. */
static inline bool backlog_is_over(
    const struct conn *c, size_t extra, size_t limit)
{
	size_t cost = backlog_cost(c);

	/* With nothing before it a message may have any size. */
	return cost > 0 && cost + extra > limit;
}

/* delivery.queue */
static inline size_t backlog_limit(const struct conn *c)
{
	return c->worker->conf->delivery.queue;
}

/*
 * The connection's queue, made when it is missing. The message that waited
 * without one is the first in it. NULL when memory is out.
 */
struct outq *backlog_need_queue(struct conn *c);

/*
 * The socket does not take what waits: from here on it is single messages.
 * False when memory is out.
 */
bool backlog_split(struct conn *c);

/*
 * Remove the oldest message that no byte was written of; NULL: none waits. Its
 * reference is the caller's.
 */
struct delivery *backlog_take_oldest(struct conn *c);

/*
 * Give it back: it is the newest one now. Takes its reference. It waited in the
 * queue before, which has room for it.
 */
void backlog_put_back(struct conn *c, struct delivery *d);

/* Throw away the queued messages but the half-written one. */
void backlog_drop(struct conn *c);

/* The queue, which it has, is empty: give it back. */
void backlog_release(struct conn *c);

/* The socket goes: free all that waits. */
void backlog_free(struct conn *c);

#endif
