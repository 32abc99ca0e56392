/*
 * redis_flights: what has been said about channels and not been answered yet:
 * a flight for each channel of each command, in the order in which they were
 * sent, which is the order in which the server answers.
 */
#ifndef BACKEND_REDIS_FLIGHTS_H
#define BACKEND_REDIS_FLIGHTS_H

#include <stdbool.h>
#include <stddef.h>

enum { REDIS_FLIGHTS_MAX = 1024 };

struct redis_channel; /* of redis_channels; only the pointer counts here */

struct redis_flight {
	struct redis_channel *channel; /* borrowed until it lands */
	bool is_subscribe;
	bool is_first; /* of its command */
};

/* A ring; zero-initialised is empty. */
struct redis_flights {
	struct redis_flight ring[REDIS_FLIGHTS_MAX];
	size_t head;
	size_t count;
};

static inline bool redis_flights_is_full(const struct redis_flights *f)
{
	return f->count == REDIS_FLIGHTS_MAX;
}

/* One more, sent behind all others; there is room for it. */
void redis_flights_add(struct redis_flights *f, struct redis_flight flight);

/* The one whose answer is due; NULL when there is none. */
const struct redis_flight *redis_flights_due(const struct redis_flights *f);

/* How many of the command that is due are left, that one included. */
size_t redis_flights_of_command(const struct redis_flights *f);

/* The answer to what is due, which there is, came: take that out. */
struct redis_flight redis_flights_land(struct redis_flights *f);

/* No answer will come any more. */
void redis_flights_reset(struct redis_flights *f);

#endif
