/* admin_graphs: see admin_graphs.h. */
#include "net/admin_graphs.h"

#include <inttypes.h>

#include "base/clock.h"
#include "net/admin_call.h"
#include "net/admin_recent.h"
#include "net/admin_view.h"
#include "net/admin_window.h"
#include "proto/json_write.h"

const char *const admin_graphs_params[] = { "since", NULL };

/* A point is what has come of the time from one sample to the next. */
typedef void (*put_point_fn)(
    struct buf *out, const struct window *w, enum metric id);

static void put_level(struct buf *out, const struct window *w, enum metric id)
{
	json_add_int(out, NULL, window_level(w, id));
}

static void put_rate(struct buf *out, const struct window *w, enum metric id)
{
	json_add_tenths(out, NULL, window_rate(w, id));
}

static void put_p50(struct buf *out, const struct window *w, enum metric id)
{
	window_add_quantile(out, NULL, w, id, 0.50);
}

static void put_p99(struct buf *out, const struct window *w, enum metric id)
{
	window_add_quantile(out, NULL, w, id, 0.99);
}

static void put_time(struct buf *out, const struct window *w, enum metric id)
{
	(void)id;
	json_add_int(out, NULL, clock_wall_ms() - (clock_ms() - w->until_ms));
}

static const struct column {
	const char *key;
	put_point_fn put;
	enum metric id;
} columns[] = {
	{ "time_ms", put_time, METRIC_CONNECTIONS },
	{ "connections", put_level, METRIC_CONNECTIONS },
	{ "messages_per_second", put_rate, METRIC_PAYLOADS },
	{ "deliveries_per_second", put_rate, METRIC_DELIVERIES },
	{ "written_bytes_per_second", put_rate, METRIC_WRITTEN_BYTES },
	{ "accepted_per_second", put_rate, METRIC_ACCEPTED },
	{ "fanout_p50_us", put_p50, METRIC_FANOUT },
	{ "fanout_p99_us", put_p99, METRIC_FANOUT },
	{ "queue_bytes", put_level, METRIC_QUEUED_BYTES },
	{ "queue_oldest_ms", put_level, METRIC_QUEUE_AGE },
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

static void put_column(struct buf *out, const struct samples *s,
    const struct column *column, uint64_t from)
{
	json_begin(out, column->key, '[');
	for (uint64_t i = from; i < s->taken; i++) {
		const struct window w = window_between(s, i - 1, i);

		column->put(out, &w, column->id);
	}
	json_end(out, ']');
}

static void put_all(
    const struct admin_view *view, uint64_t since, struct buf *out)
{
	const struct samples *s = &view->recent->graphs;
	uint64_t from = samples_oldest(s) + 1;

	if (since > from)
		from = since;
	json_begin(out, NULL, '{');
	json_add_int(out, "interval_ms", RECENT_GRAPH_MS);
	json_add_int(out, "next", (int64_t)s->taken);
	for (size_t i = 0; i < COLUMNS; i++)
		put_column(out, s, &columns[i], from);
	json_end(out, '}');
	buf_puts(out, "\n");
}

void admin_graphs_show(struct admin_call *c)
{
	uint64_t since;
	struct err e;

	if (admin_params_number(&c->params, "since", INT64_MAX, 1, &since, &e) <
	    0)
		admin_call_refuse(
		    c, 400, e.text, "docs/admin.md has the parameters");
	else
		put_all(c->view, since, &c->answer);
}
