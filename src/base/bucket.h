/*
 * bucket: a token bucket in eight bytes, for limits a connection carries.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { BUCKET_FULL_US = 1000000 };

struct bucket {
	uint32_t used_us; /* how much of the burst is used, as time to refill */
	uint32_t last_ms; /* low bits of the clock at the last look */
};

/*
 * Take one token at now_ms (any clock that does not jump back); per_second
 * tokens flow in each second and as many may wait. False when there is none.
 * Zero-initialised is full; a per_second of 0 means no limit. Exact up to
 * 1,000 a second and within 1 % up to 10,000; above a million it is a million.
 */
static inline bool bucket_take(
    struct bucket *b, unsigned per_second, int64_t now_ms)
{
	uint32_t now = (uint32_t)now_ms;
	uint64_t passed_us = UINT64_C(1000) * (uint32_t)(now - b->last_ms);
	uint32_t cost_us;

	if (per_second == 0)
		return true;
	cost_us = per_second < BUCKET_FULL_US ? BUCKET_FULL_US / per_second : 1;
	b->used_us =
	    passed_us >= b->used_us ? 0 : b->used_us - (uint32_t)passed_us;
	b->last_ms = now;
	if (b->used_us + cost_us > BUCKET_FULL_US)
		return false;
	b->used_us += cost_us;
	return true;
}

/*
 * The same now, from one that threads share. The clock is read behind the
 * bucket: it is never before another thread's look.
 */
static inline bool bucket_take_shared(
    _Atomic(struct bucket) *b, unsigned per_second)
{
	struct bucket was, is;

	if (per_second == 0)
		return true;
	was = atomic_load(b);
	do {
		is = was;
		if (!bucket_take(&is, per_second, clock_ms()))
			return false;
	} while (!atomic_compare_exchange_weak(b, &was, is));
	return true;
}

#endif
