#include "backend/embedded_stream.h"

#include "base/clock.h"

void embedded_stream_init(struct embedded_stream *s)
{
	s->last = (struct place){ .high = (uint64_t)clock_wall_ms() };
}

struct slice embedded_stream_next(
    struct embedded_stream *s, char out[PLACE_MAX + 1])
{
	uint64_t now_ms = (uint64_t)clock_wall_ms();

	if (now_ms > s->last.high)
		s->last = (struct place){ .high = now_ms };
	else
		s->last.low++;
	return place_print_entry(&s->last, out);
}
