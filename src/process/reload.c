/*
 * reload: see reload.h. First all is read and judged, with nothing changed;
 * then each part takes what is new, and nothing of that can fail.
 */
#include "process/reload.h"

#include "backend/redis_tls.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_change.h"
#include "conf/conf_load.h"
#include "conf/conf_log.h"
#include "conf/conf_ref.h"
#include "conf/mistakes.h"
#include "core/hub.h"
#include "core/metrics.h"
#include "core/new_conf.h"
#include "core/worker.h"
#include "net/auth_files.h"
#include "net/certificates.h"
#include "net/jwks_sources.h"
#include "net/listener.h"
#include "net/net_shared.h"
#include "process/capacity.h"
#include "process/notes.h"
#include "process/route_numbers.h"
#include "process/stop.h"

void reload_init(struct reload *r, const struct conf *conf)
{
	r->conf = conf_ref(conf);
	r->files = auth_files_ref(r->net->files);
	metrics_set(r->metrics, METRIC_CONFIG_RELOADED_AT,
	    (uint64_t)clock_wall_ms() / 1000);
	metrics_set(r->metrics, METRIC_CONFIG_IS_RELOADED, 1);
}

void reload_fini(struct reload *r)
{
	auth_files_unref(r->files);
	r->files = NULL;
	conf_unref(r->conf);
	r->conf = NULL;
}

/* --- reading --- */

/* What is to be gone by, once it has been found good. */
struct reading {
	struct conf *conf;        /* a reference, or NULL */
	struct auth_files *files; /* the same */
};

static void reading_fini(struct reading *n)
{
	auth_files_unref(n->files);
	conf_unref(n->conf);
}

/*
 * Look at the files by which the next start would go, too: those of Redis'
 * TLS, whose paths stay as they are until then.
 */
static void check_next_start(
    const struct conf *fresh, struct reload_report *report)
{
	struct mistakes problems = { 0 };

	redis_tls_check(fresh, &problems);
	mistakes_print(&problems, fresh->file, &report->mistakes);
	mistakes_fini(&problems);
}

/* False: there is none to go by. More mistakes may be in the report. */
static bool read_conf(
    const struct reload *r, struct reading *n, struct reload_report *report)
{
	struct conf *fresh;

	if (conf_load(r->conf->file, &fresh, &report->mistakes) < 0)
		return false;
	check_next_start(fresh, report);
	return conf_change(r->conf, fresh, &n->conf, &report->kept,
		   &report->mistakes) == 0;
}

/* The files that it names; certificates wait with their listeners. */
static bool read_files(
    const struct reload *r, struct reading *n, struct reload_report *report)
{
	struct mistakes problems = { 0 };
	struct err e;
	bool is_good;

	n->files = auth_files_read(n->conf, r->files, &problems);
	listeners_read_tls(r->net->listeners, n->conf, &problems);
	mistakes_print(&problems, n->conf->file, &report->mistakes);
	mistakes_fini(&problems);
	is_good = report->mistakes.len == 0;
	/* The backend reads its own files, and may yet fail. */
	if (!is_good || hub_reload(r->hub, &e) == 0)
		return is_good;
	buf_printf(&report->mistakes, "%s\n", e.text);
	return false;
}

/* --- going by it --- */

static void free_files(void *files)
{
	auth_files_unref(files);
}

static void hand_out(struct reload *r)
{
	for (unsigned i = 0; i < r->net->worker_count; i++)
		hub_give_conf(r->hub, i,
		    new_conf_new(
			r->conf, auth_files_ref(r->files), free_files));
}

static void use(struct reload *r, struct reading *n)
{
	const struct conf *old = r->conf;
	struct auth_files *old_files = r->files;

	route_numbers_give(n->conf, r->metrics);
	r->conf = n->conf;
	r->files = n->files;
	*n = (struct reading){ NULL, NULL };
	conf_log_use(r->conf);
	net_shared_use_conf(r->net, r->conf);
	hub_use_conf(r->hub, r->conf);
	stop_use_conf(r->stop, r->conf);
	atomic_store(&r->shared->max_connections,
	    capacity_connections(r->conf, r->net->worker_count, r->backend));
	hand_out(r);
	jwks_sources_use_conf(r->jwks, r->conf, r->files);
	auth_files_unref(old_files);
	conf_unref(old);
}

/* --- what is said of it --- */

static void log_mistakes(const struct buf *lines)
{
	struct slice left = buf_slice(lines);

	while (left.len > 0) {
		struct slice line = slice_cut(&left, '\n');

		log_error(LOG_RELOAD, "cannot be used", kv_text("error", line));
	}
	log_error(LOG_RELOAD,
	    "nothing has changed: mend the files above and reload again",
	    kv_none);
}

/* Returns how many there are. */
static size_t log_kept(const struct buf *keys)
{
	struct slice left = buf_slice(keys);
	size_t count = 0;

	for (; left.len > 0; count++) {
		struct slice key = slice_cut(&left, '\n');

		log_warn(LOG_RELOAD, "counts from the next start on",
		    kv_slice("key", key));
	}
	return count;
}

static void say_used(struct reload *r, const struct reload_report *report)
{
	notes_log(r->conf);
	metrics_set(r->metrics, METRIC_CONFIG_KEPT, log_kept(&report->kept));
	log_info(LOG_RELOAD,
	    "all files are in use, the configuration among them", kv_none);
	metrics_inc(r->metrics, METRIC_CONFIG_RELOADS_APPLIED);
	metrics_set(r->metrics, METRIC_CONFIG_RELOADED_AT,
	    (uint64_t)clock_wall_ms() / 1000);
}

static void say_refused(struct reload *r, const struct reload_report *report)
{
	listeners_drop_tls(r->net->listeners);
	log_mistakes(&report->mistakes);
	metrics_inc(r->metrics, METRIC_CONFIG_RELOADS_REFUSED);
}

void reload_run(struct reload *r, struct reload_report *report)
{
	struct reading n = { 0 };

	*report = (struct reload_report){ 0 };
	log_info(LOG_RELOAD, "reading the configuration and its files again",
	    kv_none);
	report->is_applied =
	    read_conf(r, &n, report) && read_files(r, &n, report);
	if (report->is_applied) {
		use(r, &n);
		say_used(r, report);
	} else {
		say_refused(r, report);
	}
	metrics_set(r->metrics, METRIC_CONFIG_IS_RELOADED, report->is_applied);
	certificates_look(r->certificates);
	reading_fini(&n);
}
