/* admin_status: see admin_status.h. */
#include "net/admin_status.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "core/hub.h"
#include "core/metrics_json.h"
#include "core/metrics_text.h"
#include "core/worker.h"
#include "net/admin_call.h"
#include "net/admin_ready.h"
#include "net/admin_recent.h"
#include "net/admin_trouble.h"
#include "net/admin_view.h"
#include "net/admin_window.h"
#include "proto/json_write.h"
#include "sys/build.h"

enum { RATES_MS = 10000 };

/* Of all threads; a gauge may be read between two changes of it. */
static int64_t sum(const struct admin_view *v, enum metric id)
{
	int64_t value = (int64_t)metrics_sum(v->metrics, v->metrics_count, id);

	return value > 0 ? value : 0;
}

static void add_sum(const struct admin_view *v, struct buf *out,
    const char *key, enum metric id)
{
	json_add_int(out, key, sum(v, id));
}

/* --- which one it is --- */

static const char *phase_of(const struct worker_shared *s)
{
	if (atomic_load(&s->is_draining))
		return "draining";
	return atomic_load(&s->is_stopping) ? "stopping" : "serving";
}

static void add_host(struct buf *out)
{
	char name[HOST_NAME_MAX + 1] = "";

	(void)gethostname(name, HOST_NAME_MAX);
	json_add_text(out, "host", slice_str(name));
	json_add_int(out, "pid", getpid());
}

static void add_instance(const struct admin_view *v, struct buf *out)
{
	char instance[16];

	(void)snprintf(
	    instance, sizeof instance, "%08x", (unsigned)v->shared->instance);
	json_add_text(out, "version", slice_str(ROOMCAST_VERSION));
	json_add_text(out, "commit", slice_str(build_commit()));
	json_add_text(out, "instance", slice_str(instance));
	add_host(out);
	add_sum(v, out, "started_ms", METRIC_PROCESS_STARTED);
	json_add_int(out, "uptime_ms", clock_ms() - v->started_ms);
}

static void add_readiness(const struct admin_view *v, struct buf *out)
{
	struct buf lines = { 0 };
	struct slice left;

	admin_ready_put(v, &lines);
	left = buf_slice(&lines);
	json_add_text(out, "phase", slice_str(phase_of(v->shared)));
	json_add_bool(out, "ready", left.len == 0);
	json_begin(out, "why_not", '[');
	while (left.len > 0)
		json_add_text(out, NULL, slice_cut(&left, '\n'));
	json_end(out, ']');
	buf_fini(&lines);
}

/* --- who is here --- */

static void add_connections(const struct admin_view *v, struct buf *out)
{
	int64_t open = sum(v, METRIC_CONNECTIONS);
	int64_t streams = sum(v, METRIC_EVENT_STREAMS);

	json_begin(out, "connections", '{');
	json_add_int(out, "open", open);
	json_add_int(out, "websocket", open > streams ? open - streams : 0);
	json_add_int(out, "sse", streams);
	add_sum(v, out, "limit", METRIC_CONNECTIONS_LIMIT);
	add_sum(v, out, "handshakes", METRIC_HANDSHAKING);
	add_sum(v, out, "handshakes_limit", METRIC_HANDSHAKES_LIMIT);
	json_end(out, '}');
	add_sum(v, out, "rooms", METRIC_ROOMS);
	add_sum(v, out, "memberships", METRIC_MEMBERSHIPS);
}

/* --- what goes through it --- */

static const struct {
	const char *key;
	enum metric id;
} flows[] = {
	{ "messages", METRIC_PAYLOADS },
	{ "deliveries", METRIC_DELIVERIES },
	{ "written_bytes", METRIC_WRITTEN_BYTES },
	{ "accepted", METRIC_ACCEPTED },
};

enum { FLOWS = sizeof flows / sizeof flows[0] };

static void add_flows(const struct admin_view *v, struct buf *out)
{
	const struct window w = window_of(&v->recent->graphs, RATES_MS);

	json_begin(out, "totals", '{');
	for (size_t i = 0; i < FLOWS; i++)
		add_sum(v, out, flows[i].key, flows[i].id);
	json_end(out, '}');
	json_begin(out, "per_second", '{');
	json_add_int(out, "window_ms", window_ms(&w));
	for (size_t i = 0; i < FLOWS; i++)
		json_add_tenths(
		    out, flows[i].key, window_rate(&w, flows[i].id));
	json_end(out, '}');
	json_begin(out, "fanout", '{');
	json_add_int(out, "window_ms", window_ms(&w));
	json_add_int(out, "messages", (int64_t)window_count(&w, METRIC_FANOUT));
	window_add_quantile(out, "p50_us", &w, METRIC_FANOUT, 0.50);
	window_add_quantile(out, "p99_us", &w, METRIC_FANOUT, 0.99);
	json_end(out, '}');
}

static void add_queue(const struct admin_view *v, struct buf *out)
{
	json_begin(out, "queue", '{');
	add_sum(v, out, "bytes", METRIC_QUEUED_BYTES);
	json_add_int(out, "oldest_ms",
	    (int64_t)metrics_max(
		v->metrics, v->metrics_count, METRIC_QUEUE_AGE));
	add_sum(v, out, "memory_bytes", METRIC_QUEUED_MEMORY);
	add_sum(v, out, "memory_limit_bytes", METRIC_QUEUED_LIMIT);
	json_end(out, '}');
}

/* --- where it comes from --- */

static const char *role_of(const struct metrics *source)
{
	if (metrics_value(source, METRIC_SOURCE_ROLE_MASTER) > 0)
		return "master";
	return metrics_value(source, METRIC_SOURCE_ROLE_REPLICA) > 0
		   ? "replica"
		   : "unknown";
}

static void add_source(const struct metrics_source *s, struct buf *out)
{
	const struct metrics *m = &s->metrics;

	json_begin(out, NULL, '{');
	metrics_add_labels(out, s->labels);
	json_add_bool(out, "up", metrics_value(m, METRIC_SOURCE_UP) > 0);
	json_add_text(out, "role", slice_str(role_of(m)));
	json_add_int(
	    out, "since_ms", (int64_t)metrics_value(m, METRIC_SOURCE_CHANGED));
	json_add_int(out, "down_ms",
	    (int64_t)metrics_ran_ms(metrics_value(m, METRIC_SOURCE_DOWN)));
	json_add_int(out, "heartbeat_age_ms",
	    clock_ms() -
		(int64_t)metrics_value(m, METRIC_SOURCE_HEARTBEAT_AGE));
	json_end(out, '}');
}

static void add_stream(const struct admin_view *v, struct buf *out)
{
	if (!(*v->conf)->history.stream) {
		json_add_null(out, "stream");
		return;
	}
	json_begin(out, "stream", '{');
	json_add_bool(out, "up", sum(v, METRIC_STREAM_UP) > 0);
	add_sum(v, out, "length", METRIC_STREAM_LENGTH);
	add_sum(v, out, "lag_ms", METRIC_STREAM_LAG);
	json_end(out, '}');
}

static void add_backend(const struct admin_view *v, struct buf *out)
{
	const struct metrics_source *s = v->metrics[0]->sources;

	json_begin(out, "backend", '{');
	json_add_text(out, "kind", slice_str(v->backend));
	json_add_bool(out, "up", hub_is_up(v->hub));
	add_sum(v, out, "lost", METRIC_BACKEND_LOST);
	json_add_bool(out, "paused", sum(v, METRIC_BACKEND_PAUSED) > 0);
	add_sum(v, out, "publishers", METRIC_PUBLISHERS);
	json_begin(out, "sources", '[');
	for (; s; s = s->next)
		add_source(s, out);
	json_end(out, ']');
	add_stream(v, out);
	json_end(out, '}');
}

static void add_history(const struct admin_view *v, struct buf *out)
{
	if (!(*v->conf)->history.is_on) {
		json_add_null(out, "history");
		return;
	}
	json_begin(out, "history", '{');
	add_sum(v, out, "entries", METRIC_HISTORY_ENTRIES);
	add_sum(v, out, "bytes", METRIC_HISTORY_BYTES);
	add_sum(v, out, "limit_bytes", METRIC_HISTORY_LIMIT);
	add_sum(v, out, "age_ms", METRIC_HISTORY_AGE);
	json_end(out, '}');
}

/* --- what goes back to the app --- */

/* The embedded backend writes nothing, so nothing of it can be down. */
static void add_presence(const struct admin_view *v, struct buf *out)
{
	const struct conf *conf = *v->conf;

	if (conf->backend != CONF_BACKEND_REDIS || !conf_needs_lease(conf)) {
		json_add_null(out, "presence");
		return;
	}
	json_begin(out, "presence", '{');
	json_add_bool(out, "up", sum(v, METRIC_PRESENCE_UP) > 0);
	json_add_bool(out, "routes", conf_has_presence(conf));
	json_end(out, '}');
}

/* At the embedded port the app listens, or does not: neither is up or down. */
static void add_events(const struct admin_view *v, struct buf *out)
{
	if (!(*v->conf)->events.is_on) {
		json_add_null(out, "events");
		return;
	}
	json_begin(out, "events", '{');
	if ((*v->conf)->backend == CONF_BACKEND_REDIS)
		json_add_bool(out, "up", sum(v, METRIC_EVENTS_UP) > 0);
	else
		json_add_null(out, "up");
	add_sum(v, out, "waiting_bytes", METRIC_EVENTS_WAITING);
	add_sum(v, out, "lost", METRIC_EVENTS_LOST);
	json_end(out, '}');
}

/* --- the process --- */

static void add_reload(const struct admin_view *v, struct buf *out)
{
	json_begin(out, "reload", '{');
	json_add_bool(out, "successful", sum(v, METRIC_CONFIG_IS_RELOADED) > 0);
	json_add_int(
	    out, "in_force_since_ms", sum(v, METRIC_CONFIG_RELOADED_AT) * 1000);
	add_sum(v, out, "applied", METRIC_CONFIG_RELOADS_APPLIED);
	add_sum(v, out, "refused", METRIC_CONFIG_RELOADS_REFUSED);
	add_sum(v, out, "restart_needed", METRIC_CONFIG_KEPT);
	json_end(out, '}');
}

static void add_process(const struct admin_view *v, struct buf *out)
{
	json_begin(out, "process", '{');
	json_add_int(out, "cpu_ms",
	    (int64_t)metrics_ran_ms(
		metrics_value(v->metrics[0], METRIC_PROCESS_CPU)));
	add_sum(v, out, "resident_bytes", METRIC_PROCESS_RESIDENT);
	add_sum(v, out, "files", METRIC_PROCESS_FILES);
	add_sum(v, out, "files_limit", METRIC_PROCESS_FILES_MAX);
	json_end(out, '}');
}

/* Behind the main thread's block stand theirs. */
static void add_workers(const struct admin_view *v, struct buf *out)
{
	json_begin(out, "workers", '[');
	for (size_t i = 1; i < v->metrics_count; i++) {
		const struct metrics *m = v->metrics[i];

		json_begin(out, NULL, '{');
		json_add_int(out, "connections",
		    (int64_t)metrics_value(m, METRIC_CONNECTIONS));
		json_add_int(out, "lag_ms",
		    (int64_t)metrics_value(m, METRIC_WORKER_LAG));
		json_add_int(out, "queue_oldest_ms",
		    (int64_t)metrics_value(m, METRIC_QUEUE_AGE));
		json_end(out, '}');
	}
	json_end(out, ']');
}

void admin_status_show(struct admin_call *c)
{
	static void (*const parts[])(
	    const struct admin_view *v, struct buf *out) = {
		add_instance,
		add_readiness,
		add_connections,
		add_flows,
		add_queue,
		add_backend,
		add_history,
		add_presence,
		add_events,
		add_reload,
		add_process,
		add_workers,
		admin_trouble_add,
	};

	c->view->look(c->view->arg);
	json_begin(&c->answer, NULL, '{');
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		parts[i](c->view, &c->answer);
	json_end(&c->answer, '}');
	buf_puts(&c->answer, "\n");
}
