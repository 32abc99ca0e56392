/* admin_window: see admin_window.h. */
#include "net/admin_window.h"

#include "base/clock.h"
#include "proto/json_write.h"

/* More than a histogram has. */
enum { BUCKETS_MAX = 32 };

struct window window_between(
    const struct samples *s, uint64_t from, uint64_t until)
{
	struct window w = { s, from, until, samples_at_ms(s, from), 0 };

	w.until_ms = until == WINDOW_NOW ? clock_ms() : samples_at_ms(s, until);
	if (w.until_ms <= w.from_ms)
		w.until_ms = w.from_ms + 1;
	return w;
}

struct window window_of(const struct samples *s, int64_t age_ms)
{
	return window_between(s, samples_find(s, age_ms), WINDOW_NOW);
}

static uint64_t at_end(const struct window *w, enum metric id)
{
	return w->until == WINDOW_NOW ? samples_now(w->samples, id)
				      : samples_value(w->samples, w->until, id);
}

int64_t window_level(const struct window *w, enum metric id)
{
	int64_t level = (int64_t)at_end(w, id);

	return level > 0 ? level : 0;
}

uint64_t window_growth(const struct window *w, enum metric id)
{
	uint64_t begin = samples_value(w->samples, w->from, id);
	uint64_t end = at_end(w, id);

	return end > begin ? end - begin : 0;
}

uint64_t window_rate(const struct window *w, enum metric id)
{
	return window_growth(w, id) * 10000 / (uint64_t)window_ms(w);
}

/* Those of each bucket by itself; returns the sum of all. */
static uint64_t count_buckets(
    const struct window *w, enum metric histogram, uint64_t counts[BUCKETS_MAX])
{
	size_t buckets = metrics_buckets(histogram);
	uint64_t sum = 0;

	for (size_t i = 0; i < buckets && i < BUCKETS_MAX; i++) {
		counts[i] = window_growth(w, histogram + 1 + (enum metric)i);
		sum += counts[i];
	}
	return sum;
}

uint64_t window_count(const struct window *w, enum metric histogram)
{
	uint64_t counts[BUCKETS_MAX];

	return count_buckets(w, histogram, counts);
}

void window_add_quantile(struct buf *out, const char *key,
    const struct window *w, enum metric histogram, double q)
{
	uint64_t counts[BUCKETS_MAX] = { 0 };

	if (count_buckets(w, histogram, counts) > 0)
		json_add_int(
		    out, key, (int64_t)metrics_quantile(histogram, counts, q));
	else
		json_add_null(out, key);
}
