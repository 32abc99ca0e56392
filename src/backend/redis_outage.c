/*
 * redis_outage: exponential backoff with jitter.
 */
#include "backend/redis_outage.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"

enum { LASTING_MS = 1000 }; /* else it is one outage that goes on */

void redis_outage_init(struct redis_outage *o, struct redis_outage_words words,
    int64_t min_ms, int64_t max_ms)
{
	*o = (struct redis_outage){ .words = words,
		.min_ms = min_ms,
		.max_ms = max_ms,
		.delay_ms = min_ms,
		.since_ms = clock_ms() };
}

/*
 * Half of the delay for certain, half by chance: gateways that lost the same
 * server do not come back in step.
 */
static int64_t next_delay(struct redis_outage *o)
{
	int64_t delay = o->delay_ms;
	uint64_t chance;

	crypto_random(&chance, sizeof chance);
	o->delay_ms = delay < o->max_ms / 2 ? delay * 2 : o->max_ms;
	return delay / 2 + (int64_t)(chance % (uint64_t)(delay / 2 + 1));
}

int64_t redis_outage_fail(struct redis_outage *o, bool was_up,
    const char *address, const struct redis_failure *why)
{
	const char *event = was_up ? o->words.lost : o->words.failed;
	bool is_new = !o->is_reported || strcmp(o->reason, why->reason) != 0;
	int64_t now_ms = clock_ms();
	int64_t retry_ms;

	if (was_up && now_ms - o->up_ms >= LASTING_MS)
		o->delay_ms = o->min_ms;
	if (was_up)
		o->since_ms = now_ms;
	retry_ms = next_delay(o);
	log_at(is_new ? LOG_WARN : LOG_DEBUG, "redis", event,
	    kv_str("address", address), kv_str("reason", why->reason),
	    kv_int("retry_ms", retry_ms), kv_given("command", why->command),
	    kv_given("remedy", why->remedy),
	    why->channel[0] ? kv_str("channel", why->channel) : kv_none);
	o->is_reported = true;
	memcpy(o->reason, why->reason, sizeof o->reason);
	return retry_ms;
}

void redis_outage_hurry(struct redis_outage *o)
{
	o->delay_ms = o->min_ms;
}

int64_t redis_outage_end(struct redis_outage *o)
{
	o->up_ms = clock_ms();
	o->is_reported = false;
	return o->up_ms - o->since_ms;
}
