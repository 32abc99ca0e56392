#include "idle.h"

#include <stdlib.h>

#include "base/mem.h"

enum { TURN_MS = 1 };

void idle_run(struct idle *i, struct fleet *fleet, uint64_t ms)
{
	uint64_t start = fleet_clock_ns(), seen = fleet->sink.pings;
	uint64_t at = 0;

	i->count = (size_t)(ms / IDLE_SLOT_MS) + 1;
	i->slots = xcalloc(i->count, sizeof *i->slots);
	while (at < ms) {
		fleet_turn(fleet, TURN_MS);
		at = (fleet_clock_ns() - start) / 1000000;
		if (at > ms)
			at = ms;
		i->slots[at / IDLE_SLOT_MS] +=
		    (uint32_t)(fleet->sink.pings - seen);
		i->pings += fleet->sink.pings - seen;
		seen = fleet->sink.pings;
	}
}

void idle_fini(struct idle *i)
{
	free(i->slots);
}

uint32_t idle_max(const struct idle *i)
{
	uint32_t max = 0;

	for (size_t s = 0; s < i->count; s++)
		if (i->slots[s] > max)
			max = i->slots[s];
	return max;
}
