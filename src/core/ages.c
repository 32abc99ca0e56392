#include "core/ages.h"

static uint32_t count_at(const struct ages *a, int64_t quarter)
{
	return a->counts[quarter % AGES_QUARTERS];
}

int64_t ages_turn(struct ages *a, int64_t now_ms)
{
	int64_t now = now_ms / AGES_MS;

	while (a->first < a->last && count_at(a, a->first) == 0)
		a->first++;
	if (count_at(a, a->first) == 0)
		a->first = now;
	a->last =
	    now - a->first < AGES_QUARTERS ? now : a->first + AGES_QUARTERS - 1;
	return (now - a->first) * AGES_MS;
}
