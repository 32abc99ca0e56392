#include "core/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"

/* --- what is more than a number --- */

/* Of the histograms, ended by 0. */
static const uint64_t *const bounds_of[METRIC_COUNT] = {
#define ROW(id, cells, by, kind, name, labels, help, bounds) \
	[METRIC_##id] = bounds,
#include "core/metrics.def"
#undef ROW
};

/* Its values are the sum, and then how many are in each bucket by itself. */
void metrics_observe_many(
    struct metrics *m, enum metric histogram, uint64_t us, uint64_t count)
{
	const uint64_t *bound = bounds_of[histogram];
	enum metric bucket = histogram + 1;

	while (*bound != 0 && us > *bound) {
		bound++;
		bucket++;
	}
	metrics_add(m, bucket, count);
	if (us != METRICS_BEYOND)
		metrics_add(m, histogram, us * count);
}

size_t metrics_buckets(enum metric histogram)
{
	size_t bounds = 0;

	while (bounds_of[histogram][bounds] != 0)
		bounds++;
	return bounds + 1;
}

static uint64_t count_all(enum metric histogram, const uint64_t *counts)
{
	size_t buckets = metrics_buckets(histogram);
	uint64_t total = 0;

	for (size_t i = 0; i < buckets; i++)
		total += counts[i];
	return total;
}

uint64_t metrics_quantile(
    enum metric histogram, const uint64_t *counts, double q)
{
	const uint64_t *bound = bounds_of[histogram];
	double rank = q * (double)count_all(histogram, counts);
	uint64_t below_us = 0;

	if (rank <= 0)
		return 0;
	for (; *bound != 0 && rank > (double)*counts; bound++, counts++) {
		rank -= (double)*counts;
		below_us = *bound;
	}
	if (*bound == 0)
		return below_us;
	return below_us +
	       (uint64_t)((double)(*bound - below_us) * rank / (double)*counts);
}

/*
 * While it stands the value is the time that it has run; while it runs that
 * less the clock, which is negative.
 */
static bool is_running(uint64_t stopwatch)
{
	return (int64_t)stopwatch < 0;
}

void metrics_run(struct metrics *m, enum metric stopwatch, bool shall_run)
{
	uint64_t now_ms = (uint64_t)clock_ms();

	if (is_running(metrics_value(m, stopwatch)) == shall_run)
		return;
	if (shall_run)
		metrics_sub(m, stopwatch, now_ms);
	else
		metrics_add(m, stopwatch, now_ms);
}

uint64_t metrics_ran_ms(uint64_t stopwatch)
{
	return is_running(stopwatch) ? stopwatch + (uint64_t)clock_ms()
				     : stopwatch;
}

/* --- sources --- */

static struct metrics_source **last(struct metrics *main)
{
	struct metrics_source **at = &main->sources;

	while (*at)
		at = &(*at)->next;
	return at;
}

struct metrics *metrics_source_new(struct metrics *main, const char *labels)
{
	struct metrics_source *s =
	    aligned_alloc(_Alignof(struct metrics_source), sizeof *s);

	if (!s)
		fatal("metrics", "out of memory");
	memset(s, 0, sizeof *s);
	s->labels = xstrdup(labels);
	*last(main) = s;
	return &s->metrics;
}

void metrics_source_free(struct metrics *main, struct metrics *source)
{
	struct metrics_source **at = &main->sources;
	struct metrics_source *s;

	while (&(*at)->metrics != source)
		at = &(*at)->next;
	s = *at;
	*at = s->next;
	free(s->labels);
	free(s);
}

/* --- certificates --- */

void metrics_set_certificate(
    struct metrics *main, size_t place, const char *labels, uint64_t expiry_s)
{
	if (place >= METRICS_CERTIFICATES)
		return;
	free(main->certificates[place]);
	main->certificates[place] = xstrdup(labels);
	metrics_set(
	    main, METRIC_LISTENER_CERTIFICATE + (enum metric)place, expiry_s);
}

void metrics_cut_certificates(struct metrics *main, size_t place)
{
	for (; place < METRICS_CERTIFICATES; place++) {
		free(main->certificates[place]);
		main->certificates[place] = NULL;
	}
}

/* --- keys of a URL --- */

void metrics_set_keys(struct metrics *main, size_t place, const char *labels,
    uint64_t count, int64_t since_ms)
{
	if (place >= METRICS_AUTHENTICATORS)
		return;
	free(main->keys[place]);
	main->keys[place] = xstrdup(labels);
	metrics_set(main, METRIC_JWKS_KEYS + (enum metric)place, count);
	metrics_set(
	    main, METRIC_JWKS_AGE + (enum metric)place, (uint64_t)since_ms);
}

void metrics_cut_keys(struct metrics *main, size_t place)
{
	for (; place < METRICS_AUTHENTICATORS; place++) {
		free(main->keys[place]);
		main->keys[place] = NULL;
	}
}

/* --- sums --- */

static uint64_t sum_of(const struct metrics *m, enum metric id)
{
	uint64_t sum = metrics_value(m, id);

	for (const struct metrics_source *s = m->sources; s; s = s->next)
		sum += metrics_value(&s->metrics, id);
	return sum;
}

uint64_t metrics_sum(
    struct metrics *const *blocks, size_t count, enum metric id)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += sum_of(blocks[i], id);
	return sum;
}

uint64_t metrics_max(
    struct metrics *const *blocks, size_t count, enum metric id)
{
	uint64_t max = 0;

	for (size_t i = 0; i < count; i++)
		if (max < metrics_value(blocks[i], id))
			max = metrics_value(blocks[i], id);
	return max;
}
