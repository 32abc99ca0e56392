#include "net/admin_pages.h"

#include <inttypes.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_print.h"
#include "core/hub.h"
#include "core/metrics_text.h"
#include "core/worker.h"
#include "net/admin_connections.h"
#include "net/admin_graphs.h"
#include "net/admin_log.h"
#include "net/admin_publish.h"
#include "net/admin_ready.h"
#include "net/admin_reload.h"
#include "net/admin_rooms.h"
#include "net/admin_status.h"
#include "net/admin_tail.h"
#include "net/admin_view.h"
#include "net/status_page.h"

/* The main loop turns, or this would not run, and so do the workers. */
static void show_health(struct admin_call *c)
{
	int stuck = hub_find_stuck(c->view->hub);

	if (stuck < 0) {
		buf_puts(&c->answer, "ok\n");
		return;
	}
	c->status = 503;
	buf_printf(&c->answer, "stuck: worker-%d does not answer\n", stuck);
}

/* 200 when clients should be sent here; else the body says what is missing. */
static void show_readiness(struct admin_call *c)
{
	admin_ready_put(c->view, &c->answer);
	if (c->answer.len > 0)
		c->status = 503;
	else
		buf_puts(&c->answer, "ready\n");
}

static void show_metrics(struct admin_call *c)
{
	c->view->look(c->view->arg);
	metrics_print(c->view->metrics, c->view->metrics_count, &c->answer);
}

/* --- what is configured, and to go --- */

static void show_config(struct admin_call *c)
{
	conf_dump_json(*c->view->conf, &c->answer);
	buf_puts(&c->answer, "\n");
}

/* As SIGTERM does: nobody is hurried who asks again. */
static void drain(struct admin_call *c)
{
	const struct conf *conf = *c->view->conf;

	c->status = 202;
	buf_printf(&c->answer,
	    "{\"draining\": true, \"connections\": %zu, "
	    "\"delay_ms\": %" PRId64 ", \"drain_ms\": %" PRId64 "}\n",
	    atomic_load(&c->view->shared->connections), conf->shutdown.delay_ms,
	    conf->shutdown.drain_ms);
	c->view->on_drain(c->view->arg);
}

/* --- all --- */

static const char text[] = "text/plain; charset=utf-8";
static const char prometheus[] = "text/plain; version=0.0.4; charset=utf-8";

static const char json[] = "application/json";
static const char html[] = "text/html; charset=utf-8";

static const char *const no_params[] = { NULL };

static const struct admin_page pages[] = {
	{ "/", ADMIN_GET, true, html, NULL, status_page_show },
	{ "/healthz", ADMIN_GET, true, text, NULL, show_health },
	{ "/readyz", ADMIN_GET, true, text, NULL, show_readiness },
	{ "/metrics", ADMIN_GET, true, prometheus, NULL, show_metrics },
	{ "/api/status", ADMIN_GET, false, json, no_params, admin_status_show },
	{ "/api/graphs", ADMIN_GET, false, json, admin_graphs_params,
	    admin_graphs_show },
	{ "/api/rooms", ADMIN_GET, false, json, admin_rooms_params,
	    admin_rooms_show },
	{ "/api/connections", ADMIN_GET, false, json, admin_connections_params,
	    admin_connections_show },
	{ "/api/config", ADMIN_GET, false, json, no_params, show_config },
	{ "/api/publish", ADMIN_POST, false, json, no_params, admin_publish },
	{ "/api/control", ADMIN_POST, false, json, no_params, admin_control },
	{ "/api/log", ADMIN_GET, false, json, no_params, admin_log_show },
	{ "/api/log", ADMIN_PUT, false, json, admin_log_params, admin_log_set },
	{ "/api/tail", ADMIN_GET, false, json, admin_tail_params,
	    admin_tail_show },
	{ "/api/reload", ADMIN_POST, false, json, no_params, admin_reload },
	{ "/api/drain", ADMIN_POST, false, json, no_params, drain },
};

enum { PAGES = sizeof pages / sizeof pages[0] };

const struct admin_page *admin_pages_find(
    struct slice path, unsigned method, unsigned *allowed)
{
	const struct admin_page *found = NULL;

	*allowed = 0;
	for (size_t i = 0; i < PAGES; i++) {
		if (!slice_eq(path, slice_str(pages[i].path)))
			continue;
		*allowed |= pages[i].method;
		if (pages[i].method == method)
			found = &pages[i];
	}
	return found;
}

void admin_pages_list(struct buf *out)
{
	for (size_t i = 0; i < PAGES; i++)
		if (i == 0 || strcmp(pages[i].path, pages[i - 1].path) != 0)
			buf_printf(out, " %s", pages[i].path);
}
