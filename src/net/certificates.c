#include "net/certificates.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/metrics.h"
#include "core/metrics_text.h"
#include "net/listener.h"
#include "net/listener_tls.h"
#include "sys/tls_server.h"

enum {
	DAY_S = 86400,
	SOON_S = 30 * DAY_S, /* as long before most renew them by themselves */
	/* Lists live for some days or a month: over a weekend. */
	LIST_SOON_S = 3 * DAY_S,
	DATE_MAX = 32,
};

struct certificates {
	const struct listeners *listeners; /* borrowed */
	struct metrics *metrics;           /* borrowed */
	struct event *daily;               /* owned */
};

const char *certificates_warning(const struct tls_dates *d, int64_t now_s)
{
	const char *fault = tls_dates_fault(d, now_s);

	if (fault)
		return fault;
	return d->end_s - now_s < SOON_S ? "the certificate expires soon"
					 : NULL;
}

static void format_date(int64_t seconds, char out[DATE_MAX])
{
	time_t at = (time_t)seconds;
	struct tm tm = { 0 };

	(void)gmtime_r(&at, &tm);
	(void)strftime(out, DATE_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void certificates_note(
    const char *file, const struct tls_dates *d, int64_t now_s, struct buf *out)
{
	const char *warning = certificates_warning(d, now_s);
	char begin[DATE_MAX], end[DATE_MAX];

	if (!warning)
		return;
	format_date(d->begin_s, begin);
	format_date(d->end_s, end);
	buf_printf(
	    out, "%s: %s (valid from %s to %s)\n", file, warning, begin, end);
}

static void warn(const char *file, const struct tls_dates *d, int64_t now_s)
{
	const char *warning = certificates_warning(d, now_s);
	char begin[DATE_MAX], end[DATE_MAX];

	if (!warning)
		return;
	format_date(d->begin_s, begin);
	format_date(d->end_s, end);
	log_warn(LOG_TLS, warning, kv_str("certificate", file),
	    kv_str("valid_from", begin), kv_str("expires", end));
}

/* What is known of all of them, on the way from one to the next. */
struct look {
	struct metrics *metrics;
	size_t count;
	int64_t first_s;       /* the first expiry; 0: none */
	int64_t lists_first_s; /* the same of revocation lists */
	int64_t now_s;
};

static void show(struct look *k, const struct conf_listen *conf,
    const char *file, const struct tls_dates *d)
{
	struct buf labels = { 0 };

	metrics_put_label(&labels, "listener", conf->address);
	metrics_put_label(&labels, "certificate", file);
	buf_putn(&labels, "", 1);
	metrics_set_certificate(
	    k->metrics, k->count++, labels.data, (uint64_t)d->end_s);
	buf_fini(&labels);
	if (k->first_s == 0 || d->end_s < k->first_s)
		k->first_s = d->end_s;
}

/* One that is over has everybody refused who shows a certificate. */
static void warn_of_lists(
    const struct conf_listen *conf, int64_t end_s, int64_t now_s)
{
	char end[DATE_MAX];

	if (end_s - now_s >= LIST_SOON_S)
		return;
	format_date(end_s, end);
	log_warn(LOG_TLS,
	    end_s < now_s ? "the revocation list has expired"
			  : "the revocation list expires soon",
	    kv_str("listener", conf->address),
	    kv_str("crl", conf->tls.client_crl), kv_str("expires", end));
}

static void look_at_lists(
    struct look *k, const struct conf_listen *conf, const struct tls_server *t)
{
	int64_t end_s = tls_server_lists_end(t);

	if (end_s == 0)
		return;
	warn_of_lists(conf, end_s, k->now_s);
	if (k->lists_first_s == 0 || end_s < k->lists_first_s)
		k->lists_first_s = end_s;
}

/* What a listener had before it became plain is there, but not in force. */
static void look_at(
    struct look *k, const struct conf_listen *conf, const struct tls_server *t)
{
	size_t count = listener_tls_count(conf);

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		const char *file = listener_tls_file(conf, i);
		struct tls_dates dates = tls_server_dates(t, i);

		warn(file, &dates, k->now_s);
		show(k, conf, file, &dates);
	}
	look_at_lists(k, conf, t);
}

void certificates_look(const struct certificates *c)
{
	struct look k = {
		.metrics = c->metrics,
		.now_s = clock_wall_ms() / 1000,
	};

	for (size_t i = 0; i < listeners_count(c->listeners); i++)
		look_at(&k, listeners_conf(c->listeners, i),
		    listeners_tls(c->listeners, i));
	metrics_cut_certificates(c->metrics, k.count);
	metrics_set(c->metrics, METRIC_CERTIFICATE_EXPIRY, (uint64_t)k.first_s);
	metrics_set(c->metrics, METRIC_CRL_EXPIRY, (uint64_t)k.lists_first_s);
}

static void on_daily(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	certificates_look(arg);
}

struct certificates *certificates_watch(struct event_base *base,
    const struct listeners *l, struct metrics *m, struct err *e)
{
	const struct timeval day = { .tv_sec = DAY_S };
	struct certificates *c = xcalloc(1, sizeof *c);

	c->listeners = l;
	c->metrics = m;
	c->daily = event_new(base, -1, EV_PERSIST, on_daily, c);
	if (!c->daily || event_add(c->daily, &day) < 0) {
		certificates_free(c);
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	certificates_look(c);
	return c;
}

void certificates_free(struct certificates *c)
{
	if (!c)
		return;
	metrics_cut_certificates(c->metrics, 0);
	if (c->daily)
		event_free(c->daily);
	free(c);
}
