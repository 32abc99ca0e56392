/*
 * upgrade: see upgrade.h. A head is looked for in scratch memory, and only when
 * it is cut short is what came of it kept.
 */
#include "net/upgrade.h"

#include <errno.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/arrival.h"
#include "net/clients.h"
#include "net/decide.h"
#include "net/events.h"
#include "net/health.h"
#include "net/heard.h"
#include "net/io.h"
#include "net/net_shared.h"
#include "net/pending.h"
#include "net/preflight.h"
#include "net/refuse.h"
#include "net/route.h"
#include "net/tls_report.h"
#include "sys/tls.h"
#include "sys/tls_server.h"

/*
 * TLS records without data up to the request head. A TLS handshake takes two
 * to five; some networks have clients cut their first message into more.
 */
enum { IDLE_RECORDS = 64 };

void upgrade_start(struct conn *c, unsigned door, struct tls_server *tls)
{
	const struct conf *conf = c->worker->conf;

	if (tls)
		c->tls = tls_server_accept(tls, c->fd);
	if ((tls && (!c->tls || clients_keep(c) < 0)) || io_watch(c) < 0) {
		refuse_unheard(c);
		return;
	}
	io_arm(c, conf->limits.handshake_timeout_ms);
	if (conf->listen.items[door].health && pending_need(c))
		pending_set_door(c->pending, door);
	arrival_begin(c, door);
}

/* --- reading the head --- */

/* What http_parse says. */
static enum refused bad_head(int status)
{
	switch (status) {
	case 414:
		return REFUSED_LINE_LONG;
	case 431:
		return REFUSED_HEAD_LARGE;
	case 505:
		return REFUSED_VERSION;
	default:
		return REFUSED_REQUEST;
	}
}

/* What is asked for is found first: a refusal is told accordingly. */
static void take_head(struct conn *c, const struct request *came)
{
	struct request r = *came;

	if (events_find(c, &r) < 0)
		refuse(c, REFUSED_MEMORY);
	else if (arrival_may_go_on(c, &r) && !preflight_answer(c, &r))
		decide(c, &r);
}

/* Its path is matched here, and nowhere else. */
static void match_head(struct conn *c, struct request *r)
{
	const struct worker *w = c->worker;
	struct route_match match;

	if (health_answer(c, r))
		return;
	route_find(
	    w->conf, http_path(r->head, r->bytes.ptr), w->decoded, &match);
	r->match = &match;
	take_head(c, r);
	r->match = NULL;
}

static void parse(struct conn *c, struct request *r)
{
	struct net_worker *net = c->worker->net;
	const char *why = NULL;
	int status = http_parse(r->head, r->bytes.ptr, r->bytes.len,
	    c->worker->conf->limits.request_head, &why);

	net->request = r;
	if (status == HTTP_DONE)
		match_head(c, r);
	else if (status != HTTP_MORE)
		refuse_by(c,
		    (struct verdict){ .why = bad_head(status), .detail = why });
	net->request = NULL;
}

/* A first read, and nothing to remember yet: the usual case. */
static void parse_in_scratch(struct conn *c, struct slice bytes)
{
	struct http_head head;
	struct request r = { .head = &head, .bytes = bytes };

	http_head_init(&head);
	parse(c, &r);
	if (c->state != CONN_HANDSHAKE)
		return;
	/* Cut short: go on when the rest comes. */
	if (pending_keep(c, &r) < 0)
		refuse(c, REFUSED_MEMORY);
}

static void parse_pending(struct conn *c, struct slice bytes)
{
	struct pending *p = c->pending;
	struct request r = { .head = &p->head };

	if (buf_append(&p->in, bytes.ptr, bytes.len) < 0) {
		refuse(c, REFUSED_MEMORY);
		return;
	}
	r.bytes = buf_slice(&p->in);
	parse(c, &r);
}

/* --- ends without a request --- */

static void report(struct conn *c, enum tls_failure why)
{
	tls_report(c, why, tls_failure_text(why));
}

/* Who speaks plain HTTP to this port can read plain HTTP. */
static void answer_in_plain(struct conn *c)
{
	report(c, TLS_FAILURE_HTTP);
	tls_free(c->tls);
	c->tls = NULL;
	refuse(c, REFUSED_PLAIN_HTTP);
}

/* Reading has failed before TLS was up. */
static void tls_failed(struct conn *c)
{
	enum tls_failure why = tls_failure_of(c->tls);

	if (why == TLS_FAILURE_HTTP) {
		answer_in_plain(c);
		return;
	}
	/* Who only looks whether the port is open has not tried. */
	if (why != TLS_FAILURE_CLOSED || tls_first_head(c->tls).len > 0)
		tls_report(c, why, tls_failure_words(c->tls, why));
	/* With TLS 1.3 its request is under way by now: no reset. */
	if (why == TLS_FAILURE_NO_CERTIFICATE || why == TLS_FAILURE_CERTIFICATE)
		refuse_by_alert(c);
	else
		refuse_unheard(c);
}

/* The peer has closed, or reading has failed. */
static void ended(struct conn *c)
{
	if (c->tls && !tls_is_up(c->tls))
		tls_failed(c);
	else
		refuse_unheard(c);
}

/* A client that goes on about TLS itself does not come to the point. */
static void end_idling(struct conn *c)
{
	if (tls_is_up(c->tls)) {
		refuse(c, REFUSED_TLS_RECORDS);
		return;
	}
	report(c, TLS_FAILURE_RECORDS);
	refuse_unheard(c);
}

/* As io_read; the TLS handshake, if there is one, goes on in it. */
static ssize_t read_head(struct conn *c)
{
	bool is_shaking = c->tls && !tls_is_up(c->tls);
	ssize_t n = io_read(c, c->worker->scratch, WORKER_SCRATCH);

	if (is_shaking && c->state != CONN_DEAD && tls_is_up(c->tls))
		tls_report_done(c);
	return n;
}

void upgrade_on_readable(struct conn *c)
{
	const struct worker *w = c->worker;
	struct slice bytes;
	ssize_t n;

	heard(c);
	if (c->pending && c->pending->awaits_proxy && !arrival_read_proxy(c))
		return;
	n = read_head(c);
	if (io_idle_records(c) > IDLE_RECORDS) {
		end_idling(c);
		return;
	}
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		ended(c);
		return;
	}
	bytes = slice_of(w->scratch, (size_t)n);
	if (c->pending)
		parse_pending(c, bytes);
	else
		parse_in_scratch(c, bytes);
}

/*
 * A head that did not come in time. Where not a byte came, closing at once
 * cannot turn the answer into a reset: silent sockets keep no place by
 * lingering.
 */
void upgrade_on_due(struct conn *c)
{
	bool is_silent = !c->tls && (!c->pending || c->pending->in.len == 0);
	bool is_one_too_many = c->pending && c->pending->refuse_with;

	if (c->tls && !tls_is_up(c->tls))
		report(c, TLS_FAILURE_TIMEOUT);
	refuse(c, is_one_too_many ? c->pending->refuse_with : REFUSED_TIMEOUT);
	if (is_silent)
		conn_kill(c);
}
