#include "backend/redis_warmup.h"

void redis_warmup_init(
    struct redis_warmup *w, int64_t warmup_ms, int64_t heartbeat_ms)
{
	*w = (struct redis_warmup){
		.warmup_ms = warmup_ms,
		.heartbeat_ms = heartbeat_ms,
	};
}

void redis_warmup_begin(struct redis_warmup *w, int64_t now_ms)
{
	if (w->since_ms == 0)
		w->since_ms = w->heard_ms = now_ms;
}

void redis_warmup_hear(struct redis_warmup *w, int64_t now_ms)
{
	(void)redis_warmup_is_over(w, now_ms); /* before it is not known */
	w->heard_ms = now_ms;
}

/*
 * Another's marks are a heartbeat apart and a little more: a machine is never
 * on time.
 */
static bool is_alone(const struct redis_warmup *w, int64_t now_ms)
{
	return now_ms - w->heard_ms >= w->heartbeat_ms + w->heartbeat_ms / 10;
}

bool redis_warmup_is_over(struct redis_warmup *w, int64_t now_ms)
{
	if (w->since_ms > 0 &&
	    (now_ms - w->since_ms >= w->warmup_ms || is_alone(w, now_ms)))
		w->is_over = true;
	return w->is_over;
}
