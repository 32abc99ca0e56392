/* access_log: see access_log.h. What matters most comes first in a line. */
#include "net/access_log.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/membership.h"
#include "net/admit.h"
#include "net/events.h"
#include "net/heard.h"
#include "net/io.h"
#include "net/net_shared.h"
#include "net/pending.h"
#include "net/visits.h"
#include "sys/timer.h"

enum { TELL_MS = 1000 };

struct access_log {
	struct worker *worker;          /* borrowed */
	_Atomic(struct bucket) *budget; /* borrowed; all workers' */
	int64_t left_out;               /* not told of yet */
	struct event *timer;            /* owned; armed while there are any */
	struct visits visits;
};

/* Past the limit of log_info, which would be one for all workers. */
static void write_line(
    enum log_level level, const char *message, const struct log_kv *pairs)
{
	log_write(NULL, LOG_ACCESS, level, message, pairs);
}

/* --- the budget --- */

static void tell_left_out(struct access_log *a)
{
	const struct log_kv pairs[] = {
		kv_int("count", a->left_out),
		kv_int("access_rate", a->worker->conf->log.access_rate),
		kv_int("worker", a->worker->index),
		kv_end,
	};

	if (a->left_out > 0 && log_is_on(LOG_ACCESS, LOG_INFO))
		write_line(LOG_INFO, "lines left out", pairs);
	a->left_out = 0;
}

static void on_tell(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	tell_left_out(arg);
}

struct access_log *access_log_new(
    struct worker *w, _Atomic(struct bucket) *budget)
{
	struct access_log *a = xcalloc(1, sizeof *a);

	a->worker = w;
	a->budget = budget;
	a->timer = timer_new(w->base, on_tell, a, "access");
	visits_init(&a->visits);
	return a;
}

void access_log_free(struct access_log *a)
{
	if (!a)
		return;
	tell_left_out(a);
	visits_fini(&a->visits);
	event_free(a->timer);
	free(a);
}

static bool is_within_budget(struct access_log *a)
{
	if (bucket_take_shared(a->budget, a->worker->conf->log.access_rate))
		return true;
	metrics_inc(&a->worker->metrics, METRIC_ACCESS_LEFT_OUT);
	if (a->left_out++ == 0)
		timer_arm(a->timer, TELL_MS, "access");
	return false;
}

/* --- a line --- */

/* How a line that log.access has from so much on is written. */
static enum log_level level_of(const struct conn *c, enum conf_access_log least)
{
	return c->worker->conf->log.access >= least ? LOG_INFO : LOG_DEBUG;
}

static bool may_write(const struct conn *c, enum log_level level)
{
	struct net_worker *net = c->worker->net;

	return log_is_on(LOG_ACCESS, level) && is_within_budget(net->access);
}

/* What every line says of its client, for the time of a call. */
struct who {
	char id[CONN_ID_LEN + 1];
	char client[CONN_CLIENT_MAX];
	struct visit visit;
};

/* By its request, or by what is kept of that. */
static void who_is(
    struct who *who, const struct conn *c, const struct request *r)
{
	conn_id(c, who->id);
	conn_client(c, who->client);
	if (r)
		visit_read(&who->visit, r);
	else
		visits_read(c, &who->visit);
}

static struct log_kv kv_user(const struct conn *c, const char *known)
{
	struct slice user = membership_user(c);

	if (known)
		return kv_str("user", known);
	return user.len > 0 ? kv_slice("user", user) : kv_none;
}

static struct log_kv kv_route(const struct conn *c)
{
	return c->route ? kv_str("route", c->route->path) : kv_none;
}

/* Of the close frame that has told it, where one has. */
static struct log_kv kv_code(uint16_t code)
{
	return code ? kv_int("code", code) : kv_none;
}

static struct log_kv kv_number(const char *key, int64_t number)
{
	return number >= 0 ? kv_int(key, number) : kv_none;
}

static struct log_kv kv_path(const struct visit *v)
{
	return v->path[0] ? kv_str("path", v->path) : kv_none;
}

static struct log_kv kv_field(const char *key, struct slice value)
{
	return value.len > 0 ? kv_cut(key, value, VISIT_FIELD_SHOWN) : kv_none;
}

/* What is known of who comes last: that may be long. */
#define LINE(who, ...)                                           \
	(const struct log_kv[])                                  \
	{                                                        \
		__VA_ARGS__, kv_path(&(who).visit),              \
		    kv_field("origin", (who).visit.origin),      \
		    kv_field("agent", (who).visit.agent), kv_end \
	}

/* --- what happens to clients --- */

/* For the line at its end, where that may be written. */
static void keep_visit(struct conn *c, const struct request *r)
{
	struct net_worker *net = c->worker->net;
	struct visit visit;

	if (!log_is_on(LOG_ACCESS, level_of(c, CONF_ACCESS_REFUSED)))
		return;
	visit_read(&visit, r);
	visits_keep(&net->access->visits, c, &visit);
}

void access_log_accepted(struct conn *c, const struct request *r)
{
	enum log_level level = level_of(c, CONF_ACCESS_ALL);
	struct who who;

	keep_visit(c, r);
	if (!may_write(c, level))
		return;
	who_is(&who, c, r);
	write_line(level, "connection accepted",
	    LINE(who, kv_str("id", who.id), kv_str("client", who.client),
		kv_user(c, NULL), kv_route(c),
		kv_str("transport", events_transport(c)),
		kv_int("rooms", conn_room_count(c)),
		kv_int("deflate_window_bits", admit_window_bits(c)),
		kv_number("duration_ms", heard_ms(c))));
}

void access_log_refused(
    const struct conn *c, struct verdict v, uint16_t code, size_t bytes)
{
	enum log_level level = level_of(c, CONF_ACCESS_REFUSED);
	struct request r;
	struct who who;

	if (!may_write(c, level))
		return;
	r = pending_or_current(c);
	who_is(&who, c, &r);
	write_line(level, "handshake refused",
	    LINE(who, kv_int("status", refused_status(v.why)),
		kv_str("reason", refused_label(v.why)),
		kv_str("why", v.detail ? v.detail : refused_text(v.why)),
		kv_code(code), kv_str("id", who.id),
		kv_str("client", who.client), kv_user(c, v.user), kv_route(c),
		kv_str("transport", events_transport(c)),
		kv_number("duration_ms", heard_ms(c)),
		kv_int("bytes", (int64_t)bytes)));
}

static const char *waited_for(const struct conn *c)
{
	if (c->state != CONN_ASKING)
		return "the backend";
	return c->pending->call ? "the app" : "the keys";
}

void access_log_abandoned(const struct conn *c)
{
	enum log_level level = level_of(c, CONF_ACCESS_REFUSED);
	struct request r;
	struct who who;

	if (!may_write(c, level))
		return;
	r = pending_or_current(c);
	who_is(&who, c, &r);
	write_line(level, "client left before its answer",
	    LINE(who, kv_str("waited_for", waited_for(c)), kv_str("id", who.id),
		kv_str("client", who.client), kv_user(c, NULL), kv_route(c),
		kv_number("duration_ms", heard_ms(c))));
}

void access_log_tls_failed(
    const struct conn *c, const char *reason, const char *why)
{
	enum log_level level = level_of(c, CONF_ACCESS_REFUSED);
	struct who who;

	if (!may_write(c, level))
		return;
	who_is(&who, c, NULL);
	write_line(level, "tls handshake failed",
	    LINE(who, kv_str("reason", reason), kv_str("why", why),
		kv_str("id", who.id), kv_str("client", who.client),
		kv_number("duration_ms", heard_ms(c))));
}

/* Who asks after a client that leaves, or after all of them at the end? */
static enum conf_access_log least_of(enum close_reason reason)
{
	switch (reason) {
	case CLOSE_PEER:
	case CLOSE_PEER_GONE:
	case CLOSE_SHUTDOWN:
		return CONF_ACCESS_ALL;
	default:
		return CONF_ACCESS_REFUSED;
	}
}

void access_log_closed(
    const struct conn *c, enum close_reason reason, uint16_t code)
{
	enum log_level level = level_of(c, least_of(reason));
	struct who who;

	if (!may_write(c, level))
		return;
	who_is(&who, c, NULL);
	write_line(level, "connection closed",
	    LINE(who, kv_int("code", code),
		kv_str("reason", closed_label(reason)), kv_str("id", who.id),
		kv_str("client", who.client), kv_user(c, NULL), kv_route(c),
		kv_str("transport", events_transport(c)),
		kv_int("duration_ms", conn_age_ms(c)),
		kv_number("bytes", io_sent_bytes(c))));
}

void access_log_forget(struct conn *c)
{
	struct net_worker *net = c->worker->net;

	visits_drop(&net->access->visits, c);
}
