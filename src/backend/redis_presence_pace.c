/* redis_presence_pace: see the header. */
#include "backend/redis_presence_pace.h"

int64_t redis_presence_pace_rest_ms(
    const struct redis_presence_pace *p, int64_t now_ms)
{
	return p->until_ms > now_ms ? p->until_ms - now_ms : 0;
}

bool redis_presence_pace_take(
    struct redis_presence_pace *p, uint64_t seats, int64_t now_ms)
{
	p->until_ms =
	    now_ms + PRESENCE_REST_MS + (int64_t)(seats / PRESENCE_SEATS_A_MS);
	if (p->since_ms == 0)
		p->since_ms = now_ms;
	if (now_ms - p->since_ms < PRESENCE_TELL_MS)
		return false;
	p->since_ms = now_ms;
	return true;
}

void redis_presence_pace_end(struct redis_presence_pace *p)
{
	p->since_ms = 0;
}
