/*
 * outq: what waits for one connection. Pushed by core/deliver (messages) and by
 * the session (control frames), popped by core/flush.
 *
 * A queue exists only while more than one message waits, or what one write did
 * not take: given back to core/spares when the last byte is written. Data is a
 * ring of references to shared messages; control frames are the connection's
 * own bytes and go first, but never into a frame that is half written.
 */
#ifndef CORE_OUTQ_H
#define CORE_OUTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include "core/message.h"

/*
 * A worker's own handle of a message: the connections of this worker count
 * their references here, without atomics.
 */
struct delivery {
	union {
		struct message *message; /* one reference, while refs > 0 */
		struct delivery *next_free;
	};
	uint32_t refs;
	bool is_missed; /* of a page, which makes nobody slow: core/behind */
	bool is_run;    /* the first member of a struct run */
	uint16_t age;   /* core/ages */
};

/*
 * Messages that came one behind the other for the same members, as one: it is
 * queued, written and struck out as a single message that has all their frames.
 * So it is as long as sockets take it. What is left for a connection whose
 * socket does not is split: whatever is done with single messages finds those.
 */
struct run {
	struct delivery whole;
	uint32_t count;
	struct delivery *parts[]; /* a reference each */
};

static inline struct run *delivery_run(struct delivery *d)
{
	return container_of(d, struct run, whole);
}

/* How many messages it is. */
static inline uint32_t delivery_count(struct delivery *d)
{
	return d->is_run ? delivery_run(d)->count : 1;
}

/* Whole frames of the connection's own, and how much of them has left. */
struct outq_own {
	struct buf frames;
	size_t sent;
};

struct outq {
	struct delivery **ring; /* owned; each holds a reference */
	uint32_t cap;           /* a power of two, or 0 */
	uint32_t head;
	uint32_t count;
	uint8_t form;     /* of its connection */
	bool is_over;     /* delivery.queue, since over_ms */
	uint16_t runs;    /* of the deliveries, how many are runs */
	uint32_t over_ms; /* low bits of the clock */
	size_t head_sent; /* bytes of the first message written already */
	size_t bytes;     /* of the frames in the ring, head_sent included */
	size_t cost;      /* of its messages, as delivery.queue counts them */
	size_t missed;    /* of that, of deliveries that are missed ones */
	uint64_t moved;   /* the position behind which a command last changed
			   * the rooms of its connection; 0: none since it is */
	size_t counted;   /* own memory that the worker's gauge has */
	size_t unsent;    /* memory of bytes that the transport holds */
	struct outq_own control; /* goes ahead of the ring */
	struct outq_own goodbye; /* goes behind it: the close frame */
	struct list stalled; /* core/relief: among the worker's, or in none */
	struct conn *owner;  /* borrowed; while it is among those */
	size_t weight;       /* as core/relief weighed it; 0: not yet */
	struct outq *next_free;
};

/* What a delivery costs the worker; and a slot of a ring half full. */
enum {
	OUTQ_DELIVERY_COST = sizeof(struct delivery) + MEM_BLOCK_COST,
	OUTQ_SLOT_COST = 2 * sizeof(struct delivery *),
};

/* The bytes of a message that waits, as delivery.queue counts them. */
static inline size_t outq_cost_of(const struct message *m, size_t frame_len)
{
	return frame_len + m->extra + OUTQ_DELIVERY_COST + OUTQ_SLOT_COST;
}

/* The memory of its own, without messages. */
static inline size_t outq_memory(const struct outq *q)
{
	return sizeof *q + MEM_BLOCK_COST + q->cap * sizeof *q->ring +
	       q->control.frames.cap + q->goodbye.frames.cap + q->unsent;
}

/* What of its cost makes a reader slow: what is live. */
static inline size_t outq_live_cost(const struct outq *q)
{
	return q->cost - q->missed;
}

static inline bool outq_is_empty(const struct outq *q)
{
	return q->count == 0 && q->control.frames.len == 0 &&
	       q->goodbye.frames.len == 0;
}

/* The frame of a delivery in the form of this queue. */
static inline struct slice outq_frame(
    const struct outq *q, const struct delivery *d)
{
	return message_frame(d->message, q->form);
}

/* The message with this number, below count, from the oldest. */
static inline const struct delivery *outq_at(const struct outq *q, uint32_t i)
{
	return q->ring[(q->head + i) & (q->cap - 1)];
}

/* The frame of the message that goes first, all of it; empty: none waits. */
static inline struct slice outq_first(const struct outq *q)
{
	return q->count > 0 ? outq_frame(q, q->ring[q->head])
			    : (struct slice){ 0 };
}

/* Whether the next message makes the ring larger. */
static inline bool outq_is_full(const struct outq *q)
{
	return q->count == q->cap;
}

/* By how many bytes then; of the first ring, which is small, it is said 0. */
static inline size_t outq_growth(const struct outq *q)
{
	return q->cap * sizeof *q->ring;
}

/* Append; d gets a reference more, the caller keeps its own. 0 or -ENOMEM. */
int outq_push(struct outq *q, struct delivery *d)
    __attribute__((warn_unused_result));

/*
 * Remove and return a message that no byte was written of: the oldest one, or
 * NULL. The caller gives its reference back.
 */
struct delivery *outq_drop_oldest(struct outq *q);

/* Describe up to max pieces in the order they must go out; returns how many. */
int outq_iovec(const struct outq *q, struct iovec *iov, int max);

/*
 * Put the single messages of which something is left in the place of their
 * runs. done is called as by outq_advance, with the runs and what has left of
 * them. 0, or -ENOMEM and nothing was done.
 */
int outq_split(struct outq *q, void (*done)(void *arg, struct delivery *d),
    void *arg) __attribute__((warn_unused_result));

/* Give the ring back, or all but a few slots when a message is in it. */
void outq_shrink(struct outq *q);

/* Whether a queue is as small as an empty one should be, to be used again. */
bool outq_is_bare(const struct outq *q);

/* Free what it holds; its messages are gone by then. */
void outq_fini(struct outq *q);

/*
 * Strike out the first count bytes that outq_iovec described. done is called
 * with each message that is complete; its reference is the callee's.
 */
void outq_advance(struct outq *q, size_t count,
    void (*done)(void *arg, struct delivery *d), void *arg);

#endif
