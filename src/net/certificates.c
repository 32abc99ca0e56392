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
#include "net/listener.h"
#include "sys/tls_server.h"

enum {
	DAY_S = 86400,
	SOON_S = 30 * DAY_S, /* as long before most renew them by themselves */
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

static void warn(const struct listeners *l, size_t index,
    const struct tls_dates *d, int64_t now_s)
{
	const char *warning = certificates_warning(d, now_s);
	char begin[DATE_MAX], end[DATE_MAX];

	if (!warning)
		return;
	format_date(d->begin_s, begin);
	format_date(d->end_s, end);
	log_warn("tls", warning,
	    kv_str("certificate", listeners_conf(l, index)->tls.certificate),
	    kv_str("valid_from", begin), kv_str("expires", end));
}

void certificates_look(const struct certificates *c)
{
	int64_t now_s = clock_wall_ms() / 1000, first_s = 0;

	for (size_t i = 0; i < listeners_count(c->listeners); i++) {
		const struct tls_server *t = listeners_tls(c->listeners, i);
		struct tls_dates dates;

		if (!t)
			continue;
		dates = tls_server_dates(t);
		warn(c->listeners, i, &dates, now_s);
		if (first_s == 0 || dates.end_s < first_s)
			first_s = dates.end_s;
	}
	metrics_set(c->metrics, METRIC_CERTIFICATE_EXPIRY, (uint64_t)first_s);
}

static void on_daily(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	certificates_look(arg);
}

static bool has_tls(const struct listeners *l)
{
	for (size_t i = 0; i < listeners_count(l); i++)
		if (listeners_tls(l, i))
			return true;
	return false;
}

struct certificates *certificates_watch(struct event_base *base,
    const struct listeners *l, struct metrics *m, struct err *e)
{
	const struct timeval day = { .tv_sec = DAY_S };
	struct certificates *c = xcalloc(1, sizeof *c);

	c->listeners = l;
	c->metrics = m;
	c->daily = event_new(base, -1, EV_PERSIST, on_daily, c);
	if (!c->daily || (has_tls(l) && event_add(c->daily, &day) < 0)) {
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
	if (c->daily)
		event_free(c->daily);
	free(c);
}
