#include "backend/redis_stream_sink.h"

#include "backend/channels.h"
#include "backend/redis_entries.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"

void redis_stream_sink_init(struct redis_stream_sink *s,
    const struct backend_options *options, struct metrics *metrics)
{
	*s = (struct redis_stream_sink){
		.confs = conf_generations_of(options->conf),
		.source = options->source,
		.metrics = metrics,
		.sink = options->sink,
		.arg = options->arg,
	};
}

void redis_stream_sink_fini(struct redis_stream_sink *s)
{
	conf_generations_fini(&s->confs);
}

void redis_stream_sink_use_conf(
    struct redis_stream_sink *s, const struct conf *conf)
{
	conf_generations_use(&s->confs, conf);
}

/* --- entries --- */

/* Whether the field is a channel that publishers use, or have used. */
static bool is_carried(const struct redis_stream_sink *s, struct slice field)
{
	for (size_t i = 0; i < s->confs.count; i++)
		if (channels_carry(s->confs.of[i], field))
			return true;
	return false;
}

static void drop(const struct redis_stream_sink *s, const struct redis_entry *e,
    struct slice id, bool is_past)
{
	bool has_one = e->strings == 2;

	metrics_inc(s->metrics, has_one ? METRIC_STREAM_DROPPED_CHANNEL
					: METRIC_STREAM_DROPPED_FIELDS);
	log_at(is_past ? LOG_DEBUG : LOG_WARN, LOG_STREAM, "entry dropped",
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
	if (e->strings == 2 && is_carried(s, e->field)) {
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
	log_warn(LOG_STREAM, "this is not the stream that was read: a gap",
	    kv_str("key", s->confs.of[0]->history.stream));
	metrics_inc(s->metrics, METRIC_STREAM_GAPS_OTHER);
	s->sink->on_void(s->arg);
	s->sink->on_gap(s->arg, s->source->on_gap);
}

void redis_stream_sink_hole(const struct redis_stream_sink *s)
{
	log_warn(LOG_STREAM,
	    "entries were removed before they were read: a gap",
	    kv_str("key", s->confs.of[0]->history.stream),
	    kv_str("remedy", "let publishers trim to far more entries than "
			     "one burst adds"));
	metrics_inc(s->metrics, METRIC_STREAM_GAPS_REMOVED);
	s->sink->on_hole(s->arg);
	s->sink->on_gap(s->arg, s->source->on_gap);
}
