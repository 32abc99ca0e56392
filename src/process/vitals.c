#include "process/vitals.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "core/metrics.h"
#include "core/metrics_names.h"
#include "core/metrics_text.h"
#include "core/worker.h"
#include "process/libraries.h"
#include "sys/build.h"
#include "sys/usage.h"

static void print_build(struct buf *labels)
{
	metrics_put_label(labels, "version", ROOMCAST_VERSION);
	metrics_put_label(labels, "commit", build_commit());
	for (const struct library *l = libraries; l->name; l++)
		metrics_put_label(labels, l->label, l->version());
	buf_putn(labels, "", 1);
}

static void name_listeners(struct metrics *m, const struct conf *conf)
{
	for (size_t i = 0; i < conf->listen.count; i++)
		metrics_name_listener(m, conf->listen.items[i].address);
}

void vitals_init(struct vitals *v, struct metrics *m, const struct conf *conf)
{
	*v = (struct vitals){ .metrics = m };
	usage_open();
	print_build(&v->build);
	m->build = v->build.data;
	name_listeners(m, conf);
	metrics_set(m, METRIC_BUILD_INFO, 1);
	metrics_set(m, METRIC_PROCESS_STARTED, (uint64_t)clock_wall_ms());
}

void vitals_fini(struct vitals *v)
{
	if (v->metrics) {
		v->metrics->build = NULL;
		metrics_names_free(v->metrics);
	}
	buf_fini(&v->build);
	usage_close();
}

static void look_at_limits(struct metrics *m, const struct conf *conf,
    const struct worker_shared *shared)
{
	metrics_set(m, METRIC_CONNECTIONS_LIMIT, shared->max_connections);
	metrics_set(m, METRIC_HANDSHAKES_LIMIT, conf->limits.handshakes);
	metrics_set(m, METRIC_QUEUED_LIMIT, conf->delivery.memory);
	metrics_set(m, METRIC_HISTORY_LIMIT,
	    conf->history.is_on ? conf->history.memory : 0);
}

void vitals_look(const struct vitals *v, const struct conf *conf,
    const struct worker_shared *shared)
{
	struct usage u = usage_look(atomic_load(&shared->connections));
	struct metrics *m = v->metrics;

	metrics_set(m, METRIC_PROCESS_CPU, u.cpu_ms);
	metrics_set(m, METRIC_PROCESS_RESIDENT, u.resident);
	metrics_set(m, METRIC_PROCESS_VIRTUAL, u.virtual);
	metrics_set(m, METRIC_PROCESS_FILES, u.files);
	metrics_set(m, METRIC_PROCESS_FILES_MAX, u.files_max);
	look_at_limits(m, conf, shared);
}
