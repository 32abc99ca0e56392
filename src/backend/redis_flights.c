#include "backend/redis_flights.h"

#include <assert.h>

/* The i-th one, from the one that is due. */
static size_t at(const struct redis_flights *f, size_t i)
{
	return (f->head + i) % REDIS_FLIGHTS_MAX;
}

void redis_flights_add(struct redis_flights *f, struct redis_flight flight)
{
	assert(!redis_flights_is_full(f));
	f->ring[at(f, f->count++)] = flight;
}

const struct redis_flight *redis_flights_due(const struct redis_flights *f)
{
	return f->count > 0 ? &f->ring[f->head] : NULL;
}

size_t redis_flights_of_command(const struct redis_flights *f)
{
	size_t n = f->count > 0;

	while (n < f->count && !f->ring[at(f, n)].is_first)
		n++;
	return n;
}

struct redis_flight redis_flights_land(struct redis_flights *f)
{
	struct redis_flight landed = f->ring[f->head];

	assert(f->count > 0);
	f->head = at(f, 1);
	f->count--;
	return landed;
}

void redis_flights_reset(struct redis_flights *f)
{
	f->head = f->count = 0;
}
