#include "backend/redis_stream_sink.h"

#include "backend/channels.h"
#include "backend/redis_entries.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"

/* --- entries --- */

static void drop(const struct redis_stream_sink *s, const struct redis_entry *e,
    struct slice id, bool is_past)
{
	bool has_one = e->strings == 2;

	metrics_inc(s->metrics, has_one ? METRIC_STREAM_DROPPED_CHANNEL
					: METRIC_STREAM_DROPPED_FIELDS);
	log_at(is_past ? LOG_DEBUG : LOG_WARN, "stream", "entry dropped",
	    kv_slice("id", id),
	    kv_str("reason", has_one ? "its field is none of the channels"
				     : "it has not one field"),
	    kv_slice("field", e->field));
}

void redis_stream_sink_entry(
    struct redis_stream_sink *s, const struct redis_entry *e, bool is_past)
{
	char text[PLACE_MAX + 1];
	struct backend_message m = {
		.id = place_print_entry(&e->id, text),
		.is_past = is_past,
	};

	metrics_inc(s->metrics, METRIC_STREAM_ENTRIES);
	s->past_count += is_past;
	if (e->strings == 2 && channels_carry(s->conf, e->field)) {
		m.channel = e->field;
		m.payload = e->value;
	} else {
		drop(s, e, m.id, is_past);
	}
	(void)s->sink->on_message(s->arg, &m);
}

/* --- positions --- */

void redis_stream_sink_mark(
    const struct redis_stream_sink *s, const struct place *p)
{
	char text[PLACE_MAX + 1];

	s->sink->on_mark(s->arg, place_print_entry(p, text));
}

void redis_stream_sink_void(const struct redis_stream_sink *s)
{
	log_warn("stream", "this is not the stream that was read: a gap",
	    kv_str("key", s->conf->history.stream));
	metrics_inc(s->metrics, METRIC_STREAM_GAPS_OTHER);
	s->sink->on_void(s->arg);
	s->sink->on_gap(s->arg);
}

void redis_stream_sink_hole(const struct redis_stream_sink *s)
{
	log_warn("stream", "entries were removed before they were read: a gap",
	    kv_str("key", s->conf->history.stream),
	    kv_str("remedy", "let publishers trim to far more entries than "
			     "one burst adds"));
	metrics_inc(s->metrics, METRIC_STREAM_GAPS_REMOVED);
	s->sink->on_hole(s->arg);
	s->sink->on_gap(s->arg);
}
