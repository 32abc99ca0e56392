#include "core/cursor_age.h"

#include "base/log.h"
#include "core/metrics.h"
#include "core/resume.h"

int64_t cursor_age_of(
    const struct history *h, const struct resume *r, int64_t now_ms)
{
	if (r->position == history_head(h))
		return 0;
	return now_ms - history_came_ms(h, r->position + 1);
}

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

void cursor_age_log(
    const struct history *h, const struct resume *r, enum history_found found)
{
	static const char *const words[] = {
		[HISTORY_AT] = "known",
		[HISTORY_OLD] = "old",
		[HISTORY_LATER] = "later",
		[HISTORY_UNKNOWN] = "unknown",
	};
	uint64_t behind = 0;

	if (!log_is_on(LOG_DEBUG))
		return;
	if (found == HISTORY_AT || found == HISTORY_OLD)
		behind = history_head(h) - r->position;
	log_debug("history", "client has come with a cursor",
	    kv_str("cursor", r->cursor_len > 0 ? words[found] : "empty"),
	    kv_int("behind", (int64_t)behind));
}
