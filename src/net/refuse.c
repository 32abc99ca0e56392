#include "net/refuse.h"

#include <assert.h>
#include <stdio.h>

#include "conf/conf.h"
#include "core/backlog.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/access_log.h"
#include "net/cors.h"
#include "net/events.h"
#include "net/heard.h"
#include "net/io.h"
#include "net/linger.h"
#include "net/pending.h"
#include "net/refuse_close.h"
#include "proto/handshake.h"
#include "proto/sse.h"
#include "sys/tls.h"

enum {
	ANSWER_MAX = HANDSHAKE_REFUSAL_MAX + CORS_MAX,
	PUT_OFF_MS = 30000, /* until EventSource tries again */
};

_Static_assert(
    (int)REFUSE_CLOSE_MAX <= (int)ANSWER_MAX, "a close frame fits as well");

/* What lets a page read the answer, where its request is for a stream. */
static struct slice print_headers(const struct conn *c, char out[CORS_MAX])
{
	struct request r;

	if (!events_has(c) || !c->route)
		return slice_of("", 0);
	r = pending_request(c);
	return slice_of(out, cors_print(c->route, &r, out));
}

/* To EventSource any other status than 200 says never to come back. */
static bool is_put_off(const struct conn *c, int status)
{
	return events_has(c) && (status == 429 || status == 503);
}

static size_t put_off(struct slice headers, const char *text, char *out)
{
	char *end = sse_put_head(headers, out);
	size_t left = ANSWER_MAX - (size_t)(end - out);
	int len = snprintf(end, left, "retry: %d\n: %s\n\n", PUT_OFF_MS, text);

	assert(len > 0 && (size_t)len < left);
	return (size_t)(end - out) + (size_t)len;
}

static size_t print_answer(
    const struct conn *c, int status, const char *text, char out[ANSWER_MAX])
{
	char bytes[CORS_MAX];
	struct slice headers = print_headers(c, bytes);

	return is_put_off(c, status)
		   ? put_off(headers, text, out)
		   : handshake_refusal(status, headers, text, out, ANSWER_MAX);
}

/* By a close frame, unless code is 0. Empty: nobody could read one. */
static struct slice answer_of(
    const struct conn *c, struct verdict v, uint16_t code, char out[ANSWER_MAX])
{
	const char *text = v.detail ? v.detail : refused_text(v.why);

	if (c->tls && !tls_is_up(c->tls))
		return slice_of(out, 0);
	if (code)
		return slice_of(out, refuse_close_print(c, code, text, out));
	return slice_of(out, print_answer(c, refused_status(v.why), text, out));
}

static void count_refused(const struct conn *c, enum refused why)
{
	struct metrics *m = &c->worker->metrics;

	metrics_inc(m, refused_metric(why));
	if (c->route)
		metrics_inc(m,
		    metrics_of_route(METRIC_ROUTE_REFUSED, c->route->number));
}

void refuse_by(struct conn *c, struct verdict v)
{
	char bytes[ANSWER_MAX];
	uint16_t code = refuse_close_code(c, v.why); /* the route is known */
	struct slice answer = answer_of(c, v, code, bytes);

	count_refused(c, v.why);
	heard_answered(c, METRIC_HANDSHAKE_REFUSED);
	access_log_refused(c, v, code, answer.len);
	if (c->state != CONN_HANDSHAKE)
		io_resume(c);
	backlog_drop(c); /* no message follows */
	if (answer.len == 0)
		conn_kill(c);
	else
		linger_answer(c, answer);
	pending_drop(c);
}

void refuse(struct conn *c, enum refused why)
{
	refuse_by(c, verdict_of(why));
}

void refuse_unheard(struct conn *c)
{
	metrics_inc(&c->worker->metrics, METRIC_HANDSHAKE_ABANDONED);
	if (c->state != CONN_HANDSHAKE)
		access_log_abandoned(c);
	conn_kill(c);
}

void refuse_by_alert(struct conn *c)
{
	metrics_inc(&c->worker->metrics, METRIC_HANDSHAKE_ABANDONED);
	backlog_drop(c);
	linger_start(c);
	pending_drop(c);
}
