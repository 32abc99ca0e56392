#include "net/refuse.h"

#include <assert.h>
#include <stdio.h>

#include "base/log.h"
#include "conf/conf.h"
#include "core/backlog.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/cors.h"
#include "net/events.h"
#include "net/io.h"
#include "net/linger.h"
#include "net/pending.h"
#include "proto/handshake.h"
#include "proto/sse.h"
#include "sys/tls.h"

enum {
	ANSWER_MAX = HANDSHAKE_REFUSAL_MAX + CORS_MAX,
	PUT_OFF_MS = 30000, /* until EventSource tries again */
};

static void record_refused(
    const struct conn *c, enum refused why, const char *text)
{
	char client[CONN_CLIENT_MAX];

	metrics_inc(&c->worker->metrics, refused_metric(why));
	if (!log_is_on(LOG_DEBUG))
		return;
	conn_client(c, client);
	log_debug("upgrade", "handshake refused",
	    kv_int("status", refused_status(why)),
	    kv_str("reason", refused_label(why)), kv_str("why", text),
	    kv_str("peer", client),
	    events_has(c) ? kv_str("transport", CONF_SSE) : kv_none);
}

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

static void answer(struct conn *c, int status, const char *text)
{
	char bytes[ANSWER_MAX];
	size_t len = print_answer(c, status, text, bytes);

	linger_answer(c, slice_of(bytes, len));
}

void refuse_by(struct conn *c, struct verdict v)
{
	const char *text = v.detail ? v.detail : refused_text(v.why);

	record_refused(c, v.why, text);
	if (c->state != CONN_HANDSHAKE)
		io_resume(c);
	backlog_drop(c); /* no frame follows an HTTP answer */
	if (c->tls && !tls_is_up(c->tls))
		conn_kill(c); /* nobody could read the answer */
	else
		answer(c, refused_status(v.why), text);
	pending_drop(c);
}

void refuse(struct conn *c, enum refused why)
{
	refuse_by(c, verdict_of(why));
}

void refuse_unheard(struct conn *c)
{
	metrics_inc(&c->worker->metrics, METRIC_HANDSHAKE_ABANDONED);
	conn_kill(c);
}
