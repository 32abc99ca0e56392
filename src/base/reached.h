/*
 * reached: a limit that is met again and again is news once, and again only
 * when it was left for a while.
 */
#ifndef BASE_REACHED_H
#define BASE_REACHED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { REACHED_CALM_MS = 60000 };

/* Zero-initialised: it was not reached yet. */
struct reached {
	_Atomic int64_t last_ms;
};

/*
 * It is reached, at now_ms of a clock that never jumps and is above 0. Whether
 * that is news. Any thread.
 */
static inline bool reached_is_news(struct reached *r, int64_t now_ms)
{
	int64_t last_ms = atomic_exchange(&r->last_ms, now_ms);

	return last_ms == 0 || now_ms - last_ms >= REACHED_CALM_MS;
}

#endif
