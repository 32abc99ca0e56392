#include "net/admin_pages.h"

#include "core/hub.h"
#include "core/metrics.h"

/* The main loop turns, or this would not run, and so do the workers. */
static void show_health(const struct admin_view *view, struct admin_page *page)
{
	int stuck = hub_find_stuck(view->hub);

	if (stuck < 0) {
		buf_puts(&page->body, "ok\n");
		return;
	}
	page->status = 503;
	buf_printf(&page->body, "stuck: worker-%d does not answer\n", stuck);
}

/* 200 when clients should be sent here; else the body says what is missing. */
static void show_readiness(
    const struct admin_view *view, struct admin_page *page)
{
	if (atomic_load(view->is_stopping))
		buf_puts(
		    &page->body, "draining: the gateway is shutting down\n");
	if (!hub_is_up(view->hub))
		buf_printf(&page->body,
		    "backend: %s is not connected and subscribed\n",
		    view->backend);
	else if (!hub_is_warm(view->hub))
		buf_puts(&page->body,
		    "warming up: other instances may have kept more of "
		    "what clients have missed (history.warmup)\n");
	if (page->body.len > 0)
		page->status = 503;
	else
		buf_puts(&page->body, "ready\n");
}

static void show_metrics(const struct admin_view *view, struct admin_page *page)
{
	metrics_print(view->metrics, view->metrics_count, &page->body);
}

static const char text[] = "text/plain; charset=utf-8";
static const char prometheus[] = "text/plain; version=0.0.4; charset=utf-8";

/* A page is a row: show appends to its body, and sets a status but 200. */
static const struct row {
	const char *path;
	const char *type;
	void (*show)(const struct admin_view *view, struct admin_page *page);
} rows[] = {
	{ "/healthz", text, show_health },
	{ "/readyz", text, show_readiness },
	{ "/metrics", prometheus, show_metrics },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void show_nothing(struct admin_page *page)
{
	*page = (struct admin_page){ .status = 404, .type = text };
	buf_puts(&page->body, "nothing is here; there are:");
	for (size_t i = 0; i < ROWS; i++)
		buf_printf(&page->body, " %s", rows[i].path);
	buf_puts(&page->body, "\n");
}

static const struct row *find(struct slice path)
{
	for (size_t i = 0; i < ROWS; i++)
		if (slice_eq(path, slice_str(rows[i].path)))
			return &rows[i];
	return NULL;
}

void admin_pages_show(
    const struct admin_view *view, struct slice path, struct admin_page *page)
{
	const struct row *row = find(path);

	if (!row) {
		show_nothing(page);
		return;
	}
	*page = (struct admin_page){ .status = 200, .type = row->type };
	row->show(view, page);
}
