/*
 * gateway: see gateway.h. Below stand its parts in the order of boot, then the
 * boot itself.
 */
#include "process/gateway.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/hub.h"
#include "net/admin.h"
#include "net/certificates.h"
#include "net/jwks_sources.h"
#include "net/net_shared.h"
#include "net/tickets.h"
#include "process/backends.h"
#include "process/notes.h"
#include "process/reload.h"
#include "process/route_numbers.h"
#include "process/state.h"
#include "process/status_line.h"
#include "process/stop.h"
#include "process/vitals.h"
#include "process/watchdog.h"
#include "process/workers.h"
#include "sys/inherited.h"
#include "sys/notify.h"
#include "sys/signals.h"

/* In the order of boot: what stands below needs what stands above. */
struct gateway {
	const struct conf *conf;           /* borrowed: that of the start */
	const struct backend_ops *backend; /* the one that is configured */
	struct mailbox *mailbox; /* owned; from the workers to the hub */
	struct net_shared net;
	struct workers workers;
	struct metrics metrics; /* the main thread's */
	struct vitals vitals;
	struct signals *signals;           /* owned */
	struct certificates *certificates; /* owned */
	struct tickets *tickets;           /* owned */
	struct hub *hub;                   /* owned */
	struct jwks_sources *jwks;         /* owned */
	struct stop *stop;                 /* owned */
	struct reload reload;
	struct watchdog *watchdog;       /* owned; NULL: nobody asks */
	struct status_line *status_line; /* owned; NULL: nobody listens */
	struct admin *admin;             /* owned; NULL: not configured */
	int64_t started_ms;
};

/* --- its parts --- */

static int open_mailbox(struct gateway *g, struct err *e)
{
	g->mailbox = mailbox_new();
	return g->mailbox ? 0 : err_set(e, -ENOMEM, "cannot make a mailbox");
}

static int watch_certificates(struct gateway *g, struct err *e)
{
	g->certificates = certificates_watch(
	    g->workers.base, g->net.listeners, &g->metrics, e);
	if (g->certificates)
		g->tickets =
		    tickets_watch(g->workers.base, g->net.listeners, e);
	return g->tickets ? 0 : -ENOMEM;
}

static int open_hub(struct gateway *g, struct err *e)
{
	g->hub = hub_new(g->workers.base, g->conf, &g->workers.shared,
	    g->workers.of, g->workers.count, g->mailbox, &g->metrics,
	    workers_on_done, &g->workers, e);
	if (!g->hub)
		return -ENOMEM;
	if (workers_are_one_thread(&g->workers))
		hub_share_thread(g->hub);
	return hub_start(g->hub, g->backend, e);
}

static void open_status_line(struct gateway *g)
{
	const struct status_line_view view = {
		.hub = g->hub,
		.backend = g->backend->name,
		.connections = &g->workers.shared.connections,
		.is_stopping = &g->workers.shared.is_stopping,
	};

	g->status_line = status_line_open(g->workers.base, &view);
}

static void on_drain(void *arg)
{
	struct gateway *g = arg;

	stop_begin(g->stop, "/api/drain");
}

static void look(void *arg)
{
	const struct gateway *g = arg;

	vitals_look(&g->vitals, g->reload.conf, &g->workers.shared);
}

static void on_reload(void *arg, struct reload_report *report)
{
	struct gateway *g = arg;

	reload_run(&g->reload, report);
}

static void prepare_reload(struct gateway *g)
{
	g->reload = (struct reload){
		.net = &g->net,
		.shared = &g->workers.shared,
		.hub = g->hub,
		.jwks = g->jwks,
		.stop = g->stop,
		.certificates = g->certificates,
		.backend = g->backend,
		.metrics = &g->metrics,
	};
	reload_init(&g->reload, g->conf);
}

static int open_admin(struct gateway *g, struct err *e)
{
	const struct admin_view view = {
		.conf = &g->reload.conf,
		.hub = g->hub,
		.jwks = g->jwks,
		.backend = g->backend->name,
		.shared = &g->workers.shared,
		.started_ms = g->started_ms,
		.look = look,
		.metrics = g->workers.metrics,
		.metrics_count = g->workers.count + 1,
		.on_drain = on_drain,
		.on_reload = on_reload,
		.arg = g,
	};

	if (!g->conf->admin.listen)
		return 0;
	g->admin = admin_open(g->workers.base, g->conf, &view, e);
	return g->admin ? 0 : -EADDRNOTAVAIL;
}

static void on_stop(void *arg, const char *signal)
{
	struct gateway *g = arg;

	stop_begin(g->stop, signal);
}

static void on_hang_up(void *arg)
{
	struct reload_report report;

	on_reload(arg, &report);
	reload_report_fini(&report);
}

static void on_state(void *arg)
{
	const struct gateway *g = arg;
	const struct state_view view = {
		.hub = g->hub,
		.shared = &g->workers.shared,
		.backend = g->backend->name,
		.blocks = g->workers.metrics,
		.count = g->workers.count + 1,
		.started_ms = g->started_ms,
	};

	state_log(&view);
}

static const struct signals_sink signals_sink = {
	.on_stop = on_stop,
	.on_reload = on_hang_up,
	.on_state = on_state,
};

static int open_signals(struct gateway *g, struct err *e)
{
	g->signals = signals_open(g->workers.base, &signals_sink, g, e);
	return g->signals ? 0 : -ENOMEM;
}

/* --- its life --- */

/* Whoever connects meanwhile waits in the kernel's queue. */
static int boot(struct gateway *g, struct err *e)
{
	vitals_init(&g->vitals, &g->metrics, g->conf);
	g->started_ms = clock_ms();
	g->backend = backends_choose(g->conf);
	workers_init(&g->workers, g->conf, g->backend);
	/* What serves clients. */
	if (open_mailbox(g, e) < 0 ||
	    net_shared_init(&g->net, g->conf, g->workers.count, e) < 0 ||
	    workers_open(
		&g->workers, g->conf, &g->net, g->mailbox, &g->metrics, e) < 0)
		return -1;
	/*
	 * What this thread does: from here on payloads flow. Signals come
	 * first: one is answered when the loop runs, and not by the end of the
	 * process on the way there.
	 */
	if (open_signals(g, e) < 0 || watch_certificates(g, e) < 0 ||
	    open_hub(g, e) < 0)
		return -1;
	g->jwks = jwks_sources_open(
	    g->workers.base, g->conf, g->net.files, g->hub, &g->metrics);
	g->stop =
	    stop_new(g->workers.base, g->conf, &g->workers.shared, g->hub);
	prepare_reload(g);
	/* What others see of it. */
	open_status_line(g);
	if (watchdog_open(&g->watchdog, g->workers.base, g->hub, e) < 0 ||
	    open_admin(g, e) < 0 || inherited_check(e) < 0)
		return -1;
	return 0;
}

/*
 * Until the last connection is gone after a signal; and the app has been told
 * so.
 */
static void run(struct gateway *g)
{
	workers_run(&g->workers);
	hub_flush_events(g->hub);
	hub_leave_seats(g->hub);
}

/* As far as it has booted, backwards; but no signal finds half of it. */
static void shut_down(struct gateway *g)
{
	signals_close(g->signals);

	admin_close(g->admin);
	watchdog_close(g->watchdog);
	status_line_close(g->status_line);

	reload_fini(&g->reload);
	stop_free(g->stop);
	jwks_sources_close(g->jwks);
	hub_free(g->hub);
	tickets_free(g->tickets);
	certificates_free(g->certificates);

	workers_close(&g->workers);
	vitals_fini(&g->vitals);
	net_shared_fini(&g->net);
	mailbox_free(g->mailbox);
}

static int serve(struct gateway *g)
{
	struct err e = { "" };

	if (boot(g, &e) < 0) {
		log_error(LOG_MAIN, "cannot start",
		    kv_text("error", slice_str(e.text)));
		return EXIT_FAILURE;
	}
	notes_log(g->conf);
	workers_start(&g->workers);
	log_info(LOG_MAIN, "started", kv_str("version", ROOMCAST_VERSION),
	    kv_str("backend", g->backend->name),
	    kv_int("workers", g->workers.count),
	    kv_int(
		"max_connections", (int64_t)g->workers.shared.max_connections));
	notify_send("READY=1");
	run(g);
	log_info(LOG_MAIN, "stopped", kv_none);
	return EXIT_SUCCESS;
}

int gateway_serve(struct conf *conf)
{
	static struct gateway g; /* large, and there is one */
	int status;

	route_numbers_give(conf, &g.metrics);
	g.conf = conf;
	status = serve(&g);
	shut_down(&g);
	return status;
}
