#include "core/bulk.h"

#include "core/flush.h"

enum { CALL = 4 << 10 }; /* bytes that a write counts as besides */

static bool has_begun(const struct conn *c)
{
	return c->outq && c->outq->head_sent > 0;
}

bool bulk_takes(struct conn *c)
{
	struct bulk *b = &c->worker->bulk;

	if (!bulk_is_for(c))
		return false;
	conn_put(has_begun(c) ? &b->begun : &b->fresh, c);
	return true;
}

/* In front of all others. */
static void put_back(struct bulk *b, struct conn *c)
{
	c->is_dirty = true;
	c->next = b->begun.first;
	b->begun.first = c;
	if (!b->begun.last)
		b->begun.last = c;
}

static struct conn *pop(struct bulk *b)
{
	struct conn *c = conn_pop(&b->begun);

	return c ? c : conn_pop(&b->fresh);
}

/* Write for one that was taken out; returns what that counts. */
static size_t serve(struct bulk *b, struct conn *c, size_t most)
{
	ssize_t n = bulk_is_for(c) ? flush_first(c, most) : 0;

	if (bulk_is_for(c) && has_begun(c))
		put_back(b, c);
	else
		conn_mark_dirty(c); /* for whatever else is due */
	return CALL + (n > 0 ? (size_t)n : 0);
}

bool bulk_turn(struct worker *w)
{
	size_t spent = 0;
	struct conn *c;

	while (spent < BULK_BYTES && (c = pop(&w->bulk)))
		spent += serve(&w->bulk, c, BULK_BYTES - spent);
	return bulk_is_busy(w);
}
