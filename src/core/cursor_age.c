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

void cursor_age_count(struct metrics *m, int64_t age_ms)
{
	metrics_observe(m, METRIC_CURSOR_AGE, (uint64_t)age_ms * 1000);
}

void cursor_age_count_old(struct metrics *m)
{
	metrics_observe(m, METRIC_CURSOR_AGE, METRICS_BEYOND);
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

	if (!log_is_on(LOG_HISTORY, LOG_DEBUG))
		return;
	if (found == HISTORY_AT || found == HISTORY_OLD)
		behind = history_head(h) - r->position;
	log_debug(LOG_HISTORY, "client has come with a cursor",
	    kv_str("cursor", r->cursor_len > 0 ? words[found] : "empty"),
	    kv_int("behind", (int64_t)behind));
}
