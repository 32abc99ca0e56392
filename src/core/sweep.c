#include "core/sweep.h"

#include <assert.h>

#include "base/clock.h"
#include "core/message.h"
#include "core/metrics.h"

#define NO_END UINT64_MAX

static struct sweep_read *read_at(struct sweep *s, uint32_t i)
{
	return &s->reads[(s->head + i) % SWEEP_MESSAGES];
}

void sweep_add(struct sweep *s, const struct message *m)
{
	struct sweep_read *r = s->count > 0 ? read_at(s, s->count - 1) : NULL;

	assert(!sweep_is_full(s));
	if (!r || r->end != NO_END || r->read_us != m->read_us) {
		r = read_at(s, s->count++);
		*r = (struct sweep_read){ m->read_us, .end = NO_END };
	}
	r->messages++;
	r->bytes += m->bytes;
	s->messages++;
	s->bytes += m->bytes;
}

void sweep_set_end(struct sweep *s, uint64_t put)
{
	for (uint32_t i = s->count; i > 0; i--) {
		struct sweep_read *r = read_at(s, i - 1);

		if (r->end != NO_END)
			return;
		r->end = put;
	}
}

static void observe(
    const struct sweep_read *r, uint32_t now_us, struct metrics *m)
{
	if (r->read_us != 0)
		metrics_observe_many(m, METRIC_FANOUT,
		    (uint32_t)(now_us - r->read_us), r->messages);
}

void sweep_pass(struct sweep *s, uint64_t popped, struct metrics *m)
{
	uint32_t now_us;

	if (s->count == 0 || read_at(s, 0)->end > popped)
		return;
	now_us = (uint32_t)clock_us();
	do {
		const struct sweep_read *r = read_at(s, 0);

		observe(r, now_us, m);
		s->messages -= r->messages;
		s->bytes -= r->bytes;
		s->head = (s->head + 1) % SWEEP_MESSAGES;
		s->count--;
	} while (s->count > 0 && read_at(s, 0)->end <= popped);
}
