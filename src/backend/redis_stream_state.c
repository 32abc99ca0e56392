#include "backend/redis_stream_state.h"

#include "backend/redis_stream_info.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/metrics.h"

/* As many, of which none was ever removed: nobody trims. */
enum { UNTRIMMED = 200000 };

void redis_stream_state_init(
    struct redis_stream_state *s, const char *key, struct metrics *metrics)
{
	*s = (struct redis_stream_state){
		.key = key,
		.metrics = metrics,
		.warn_at = UNTRIMMED,
	};
}

static uint64_t age_ms(const struct place *p)
{
	uint64_t now_ms = (uint64_t)clock_wall_ms();

	return p->high < now_ms ? now_ms - p->high : 0;
}

/* Once, and again whenever it has doubled. */
static void warn_of_length(
    struct redis_stream_state *s, const struct redis_stream_info *info)
{
	bool is_untrimmed =
	    info->added == info->length || info->added == UINT64_MAX;

	if (!is_untrimmed || info->length < s->warn_at)
		return;
	s->warn_at = 2 * info->length;
	log_warn(LOG_STREAM, "nobody trims the stream: it fills the server",
	    kv_str("key", s->key), kv_int("entries", (int64_t)info->length),
	    kv_str("remedy", "let publishers XADD with MAXLEN ~ N"));
}

void redis_stream_state_read(
    struct redis_stream_state *s, const struct place *last, bool is_all)
{
	metrics_set(s->metrics, METRIC_STREAM_LAG, is_all ? 0 : age_ms(last));
}

void redis_stream_state_show(
    struct redis_stream_state *s, const struct redis_stream_info *info)
{
	bool is_empty = info->length == 0;

	metrics_set(s->metrics, METRIC_STREAM_LENGTH, info->length);
	metrics_set(s->metrics, METRIC_STREAM_OLDEST,
	    is_empty ? 0 : age_ms(&info->first));
	warn_of_length(s, info);
}
