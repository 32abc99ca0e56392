/* admin_trouble: see admin_trouble.h. */
#include "net/admin_trouble.h"

#include "base/log_recent.h"
#include "core/metrics_json.h"
#include "core/metrics_text.h"
#include "net/admin_recent.h"
#include "net/admin_view.h"
#include "net/admin_window.h"
#include "proto/json_write.h"

static void add_reason(struct buf *out, enum metric id, uint64_t count)
{
	json_begin(out, NULL, '{');
	metrics_add_labels(out, metrics_labels(id));
	json_add_int(out, "count", (int64_t)count);
	json_end(out, '}');
}

static void add_group(
    struct buf *out, const struct recent_group *g, const struct window *w)
{
	json_begin(out, g->key, '[');
	for (enum metric id = g->first; id <= g->last; id++) {
		uint64_t count = window_growth(w, id);

		if (count > 0)
			add_reason(out, id, count);
	}
	json_end(out, ']');
}

static void add_reasons(const struct admin_recent *r, struct buf *out)
{
	const struct window w = window_of(&r->reasons, RECENT_MS);

	json_begin(out, "recent", '{');
	json_add_int(out, "window_ms", window_ms(&w));
	for (size_t i = 0; i < RECENT_GROUPS; i++)
		add_group(out, &r->groups[i], &w);
	json_end(out, '}');
}

static void add_warning(struct buf *out, const struct log_recent *line)
{
	json_begin(out, NULL, '{');
	json_add_text(out, "level", slice_str(log_level_name(line->level)));
	json_add_text(out, "component", slice_str(line->component));
	json_add_text(out, "msg", slice_str(line->message));
	json_add_text(out, "values", slice_str(line->values));
	json_add_int(out, "count", (int64_t)line->count);
	json_add_int(out, "first_ms", line->first_ms);
	json_add_int(out, "last_ms", line->last_ms);
	json_end(out, '}');
}

void admin_trouble_add(const struct admin_view *view, struct buf *out)
{
	struct log_recent lines[LOG_RECENT_MAX];
	size_t count = log_recent_copy(lines);

	add_reasons(view->recent, out);
	json_begin(out, "warnings", '[');
	for (size_t i = 0; i < count; i++)
		add_warning(out, &lines[i]);
	json_end(out, ']');
}
