#include "core/cursor_age.h"

#include "core/metrics.h"

void cursor_age_count_old(struct metrics *m)
{
	metrics_inc(m, METRIC_CURSOR_AGE_ANY);
	metrics_inc(m, METRIC_CURSOR_AGE_COUNT);
}

void cursor_age_count(struct metrics *m, int64_t age_ms)
{
	static const struct {
		int64_t most_ms;
		enum metric bucket;
	} buckets[] = {
		{ 1000, METRIC_CURSOR_AGE_1 },
		{ 5000, METRIC_CURSOR_AGE_5 },
		{ 30000, METRIC_CURSOR_AGE_30 },
		{ 120000, METRIC_CURSOR_AGE_120 },
		{ 600000, METRIC_CURSOR_AGE_600 },
		{ 3600000, METRIC_CURSOR_AGE_3600 },
	};

	for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++)
		if (age_ms <= buckets[i].most_ms)
			metrics_inc(m, buckets[i].bucket);
	metrics_add(m, METRIC_CURSOR_AGE_SUM, (uint64_t)age_ms);
	cursor_age_count_old(m);
}
