#include "core/sweep.h"

#include "base/clock.h"
#include "core/metrics.h"

void sweep_end(struct sweep *s, struct metrics *m)
{
	uint32_t now_us;

	if (s->count == 0)
		return;
	now_us = (uint32_t)clock_us();
	for (uint32_t i = 0; i < s->count; i++)
		metrics_observe_many(m, METRIC_FANOUT,
		    (uint32_t)(now_us - s->reads[i].read_us),
		    s->reads[i].messages);
	s->count = 0;
}
