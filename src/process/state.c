#include "process/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/hub.h"
#include "core/metrics.h"
#include "core/worker.h"
#include "sys/usage.h"

static int64_t sum(const struct state_view *v, enum metric id)
{
	return (int64_t)metrics_sum(v->blocks, v->count, id);
}

static const char *phase(const struct worker_shared *s)
{
	if (atomic_load(&s->is_draining))
		return "draining";
	return atomic_load(&s->is_stopping) ? "stopping" : "serving";
}

static void log_all(const struct state_view *v)
{
	log_info(LOG_MAIN, "state", kv_str("phase", phase(v->shared)),
	    kv_int("uptime_s", (clock_ms() - v->started_ms) / 1000),
	    kv_int("workers", (int64_t)v->count - 1),
	    kv_int("connections", sum(v, METRIC_CONNECTIONS)),
	    kv_int("max_connections", (int64_t)v->shared->max_connections),
	    kv_int("handshakes", sum(v, METRIC_HANDSHAKING)),
	    kv_int("rooms", sum(v, METRIC_ROOMS)),
	    kv_str("backend", hub_is_up(v->hub) ? "up" : "down"),
	    kv_str("kind", v->backend),
	    kv_int("queued_bytes", sum(v, METRIC_QUEUED_BYTES)),
	    kv_int("queued_memory", sum(v, METRIC_QUEUED_MEMORY)),
	    kv_int("resident_bytes", (int64_t)usage_resident()));
}

static void log_source(const struct metrics_source *s)
{
	bool is_up = metrics_value(&s->metrics, METRIC_SOURCE_UP) > 0;

	log_info(LOG_MAIN, "state of a source", kv_str("source", s->labels),
	    kv_str("state", is_up ? "up" : "down"));
}

void state_log(const struct state_view *v)
{
	log_all(v);
	for (const struct metrics_source *s = v->blocks[0]->sources; s;
	     s = s->next)
		log_source(s);
}
