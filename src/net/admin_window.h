/*
 * admin_window: what has come of some time, by what was counted at its begin
 * and at its end.
 */
#ifndef NET_ADMIN_WINDOW_H
#define NET_ADMIN_WINDOW_H

#include <stdint.h>

#include "base/buf.h"
#include "core/samples.h"

/* From a sample to a later one, or to now. */
struct window {
	const struct samples *samples; /* borrowed; both are kept there */
	uint64_t from, until;          /* until: WINDOW_NOW, or a sample */
	int64_t from_ms, until_ms;     /* by clock_ms; one apart at least */
};

#define WINDOW_NOW UINT64_MAX

struct window window_between(
    const struct samples *s, uint64_t from, uint64_t until);

/* The last age_ms, and up to two samples' distance more; or all there is. */
struct window window_of(const struct samples *s, int64_t age_ms);

static inline int64_t window_ms(const struct window *w)
{
	return w->until_ms - w->from_ms;
}

/* A gauge at its end; between two threads' changes it may be below 0: 0. */
int64_t window_level(const struct window *w, enum metric id);

/* How much a counter has grown; and in tenths a second. */
uint64_t window_growth(const struct window *w, enum metric id);
uint64_t window_rate(const struct window *w, enum metric id);

/* How many observations a histogram has had. */
uint64_t window_count(const struct window *w, enum metric histogram);

/*
 * Add a quantile of those in microseconds (metrics_quantile) to what is open,
 * as json_add_int; null where there are none.
 */
void window_add_quantile(struct buf *out, const char *key,
    const struct window *w, enum metric histogram, double q);

#endif
