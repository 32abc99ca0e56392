/* admin_recent: see admin_recent.h. */
#include "net/admin_recent.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "core/metrics_text.h"
#include "sys/timer.h"

enum {
	GRAPHS_MAX = RECENT_MS / RECENT_GRAPH_MS + 1,
	REASONS_MAX = RECENT_MS / RECENT_REASONS_MS + 1,
	GRAPHS_PER_REASONS = RECENT_REASONS_MS / RECENT_GRAPH_MS,
};

static const struct samples_rows graph_rows[] = {
	{ METRIC_CONNECTIONS, METRIC_CONNECTIONS, false },
	{ METRIC_PAYLOADS, METRIC_PAYLOADS, false },
	{ METRIC_DELIVERIES, METRIC_DELIVERIES, false },
	{ METRIC_WRITTEN_BYTES, METRIC_WRITTEN_BYTES, false },
	{ METRIC_ACCEPTED, METRIC_ACCEPTED, false },
	{ METRIC_FANOUT, METRIC_FANOUT_LAST, false },
	{ METRIC_QUEUED_BYTES, METRIC_QUEUED_BYTES, false },
	{ METRIC_QUEUE_AGE, METRIC_QUEUE_AGE, true },
};

enum { GRAPH_ROWS = sizeof graph_rows / sizeof graph_rows[0] };

static const struct recent_group groups[RECENT_GROUPS] = {
	{ .key = "refused", .metric = "roomcast_refused_total" },
	{ .key = "closed", .metric = "roomcast_closed_total" },
	{ .key = "payloads_dropped",
	    .metric = "roomcast_payloads_dropped_total" },
	{ .key = "deliveries_dropped",
	    .metric = "roomcast_deliveries_dropped_total" },
	{ .key = "hook_failures", .metric = "roomcast_hook_failures_total" },
	{ .key = "tls_failures",
	    .metric = "roomcast_tls_handshakes_failed_total" },
};

static void find_groups(struct admin_recent *r)
{
	for (size_t i = 0; i < RECENT_GROUPS; i++) {
		struct recent_group *g = &r->groups[i];

		*g = groups[i];
		metrics_find(g->metric, &g->first, &g->last);
		r->rows[i] = (struct samples_rows){ g->first, g->last, false };
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct admin_recent *r = arg;

	(void)fd, (void)what;
	samples_take(&r->graphs);
	if (r->graphs.taken % GRAPHS_PER_REASONS == 0)
		samples_take(&r->reasons);
	timer_arm(r->timer, RECENT_GRAPH_MS, "admin");
}

struct admin_recent *admin_recent_open(
    struct event_base *base, struct metrics *const *blocks, size_t count)
{
	struct admin_recent *r = xcalloc(1, sizeof *r);

	find_groups(r);
	samples_init(
	    &r->graphs, blocks, count, graph_rows, GRAPH_ROWS, GRAPHS_MAX);
	samples_init(
	    &r->reasons, blocks, count, r->rows, RECENT_GROUPS, REASONS_MAX);
	r->timer = timer_new(base, on_timer, r, "admin");
	timer_arm(r->timer, RECENT_GRAPH_MS, "admin");
	return r;
}

void admin_recent_close(struct admin_recent *r)
{
	if (!r)
		return;
	event_free(r->timer);
	samples_fini(&r->graphs);
	samples_fini(&r->reasons);
	free(r);
}
