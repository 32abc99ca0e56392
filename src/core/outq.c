#include "core/outq.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

enum { OUTQ_FIRST_SLOTS = 4, OUTQ_KEEP_SLOTS = 16 };

static struct delivery **slot(const struct outq *q, uint32_t i)
{
	return &q->ring[(q->head + i) & (q->cap - 1)];
}

static int resize(struct outq *q, uint32_t cap)
{
	struct delivery **ring = try_alloc(cap * sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	for (uint32_t i = 0; i < q->count; i++)
		ring[i] = *slot(q, i);
	free(q->ring);
	q->ring = ring;
	q->cap = cap;
	q->head = 0;
	return 0;
}

static int grow(struct outq *q)
{
	return resize(q, q->cap ? q->cap * 2 : OUTQ_FIRST_SLOTS);
}

/* Append where there is room. */
static inline void push(struct outq *q, struct delivery *d)
{
	size_t len = outq_frame(q, d).len;

	assert(len > 0); /* it would never leave */
	*slot(q, q->count) = d;
	q->count++;
	q->bytes += len;
	q->cost += outq_cost_of(d->message, len);
	if (d->is_missed)
		q->missed += outq_cost_of(d->message, len);
	q->runs += d->is_run;
	d->refs++;
}

int outq_push(struct outq *q, struct delivery *d)
{
	if (q->count == q->cap && grow(q) < 0)
		return -ENOMEM;
	push(q, d);
	return 0;
}

static struct delivery *pop(struct outq *q)
{
	struct delivery *d = *slot(q, 0);
	size_t len = outq_frame(q, d).len;

	q->head = (q->head + 1) & (q->cap - 1);
	q->count--;
	q->bytes -= len;
	q->cost -= outq_cost_of(d->message, len);
	if (d->is_missed)
		q->missed -= outq_cost_of(d->message, len);
	q->runs -= d->is_run;
	return d;
}

struct delivery *outq_drop_oldest(struct outq *q)
{
	struct delivery *first, *second;

	if (q->head_sent == 0)
		return q->count > 0 ? pop(q) : NULL;
	if (q->count < 2)
		return NULL;
	/* The first one is half written: it swaps places with the second. */
	first = *slot(q, 0);
	second = *slot(q, 1);
	*slot(q, 0) = second;
	*slot(q, 1) = first;
	return pop(q);
}

static void put(struct iovec *iov, int *count, struct slice piece)
{
	/* writev only reads; iov_base is not const for readv's sake. */
	iov[*count].iov_base = (void *)(uintptr_t)piece.ptr;
	iov[*count].iov_len = piece.len;
	(*count)++;
}

static struct slice own_left(const struct outq_own *own)
{
	return slice_after(buf_slice(&own->frames), own->sent);
}

int outq_iovec(const struct outq *q, struct iovec *iov, int max)
{
	struct slice control = own_left(&q->control);
	struct slice goodbye = own_left(&q->goodbye);
	uint32_t i = 0;
	int count = 0;

	assert(max >= 2);
	if (q->head_sent > 0) {
		struct slice frame = outq_frame(q, *slot(q, i++));

		put(iov, &count, slice_after(frame, q->head_sent));
	}
	if (control.len > 0)
		put(iov, &count, control);
	for (; i < q->count && count < max; i++)
		put(iov, &count, outq_frame(q, *slot(q, i)));
	if (goodbye.len > 0 && i == q->count && count < max)
		put(iov, &count, goodbye);
	return count;
}

/* Strike out up to *count bytes of the first message. */
static void advance_data(struct outq *q, size_t *count,
    void (*done)(void *arg, struct delivery *d), void *arg)
{
	size_t left = outq_frame(q, *slot(q, 0)).len - q->head_sent;

	if (*count < left) {
		q->head_sent += *count;
		*count = 0;
		return;
	}
	*count -= left;
	q->head_sent = 0;
	done(arg, pop(q));
}

static void advance_own(struct outq_own *own, size_t *count)
{
	size_t left = own_left(own).len;

	if (*count < left) {
		own->sent += *count;
		*count = 0;
		return;
	}
	*count -= left;
	own->sent = 0;
	own->frames.len = 0;
}

void outq_advance(struct outq *q, size_t count,
    void (*done)(void *arg, struct delivery *d), void *arg)
{
	if (q->head_sent > 0 && count > 0)
		advance_data(q, &count, done, arg);
	if (count > 0)
		advance_own(&q->control, &count);
	while (q->count > 0 && count > 0)
		advance_data(q, &count, done, arg);
	if (count > 0)
		advance_own(&q->goodbye, &count);
	assert(count == 0);
}

/* --- runs --- */

static uint32_t count_singles(const struct outq *q)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < q->count; i++)
		count += delivery_count(*slot(q, i));
	return count;
}

/* Make room for so many messages. */
static int reserve(struct outq *q, uint32_t count)
{
	uint32_t cap = q->cap;

	while (cap < count)
		cap *= 2;
	return cap > q->cap ? resize(q, cap) : 0;
}

/* Append its messages, or itself. */
static void push_singles(struct outq *q, struct delivery *d)
{
	if (!d->is_run) {
		push(q, d);
		return;
	}
	for (uint32_t i = 0; i < delivery_run(d)->count; i++)
		push(q, delivery_run(d)->parts[i]);
}

int outq_split(
    struct outq *q, void (*done)(void *arg, struct delivery *d), void *arg)
{
	size_t sent = q->head_sent;

	if (q->runs == 0)
		return 0;
	if (reserve(q, count_singles(q)) < 0)
		return -ENOMEM;
	for (uint32_t left = q->count; left > 0; left--) {
		struct delivery *d = pop(q);

		push_singles(q, d);
		done(arg, d);
	}
	q->head_sent = 0;
	while (sent > 0)
		advance_data(q, &sent, done, arg);
	return 0;
}

void outq_shrink(struct outq *q)
{
	if (q->count == 0) {
		free(q->ring);
		q->ring = NULL;
		q->cap = q->head = 0;
	} else if (q->cap > OUTQ_KEEP_SLOTS && q->count <= OUTQ_FIRST_SLOTS) {
		/* Without memory for the small one the large one stays. */
		(void)resize(q, OUTQ_FIRST_SLOTS);
	}
}

bool outq_is_bare(const struct outq *q)
{
	return q->cap <= OUTQ_KEEP_SLOTS && q->control.frames.cap == 0 &&
	       q->goodbye.frames.cap == 0;
}

void outq_fini(struct outq *q)
{
	free(q->ring);
	buf_fini(&q->control.frames);
	buf_fini(&q->goodbye.frames);
}
