#include "net/events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/worker.h"
#include "net/cors.h"
#include "net/pending.h"
#include "net/route.h"
#include "net/welcome.h"
#include "proto/http_fields.h"
#include "proto/sse.h"

enum {
	/*
	 * When a client comes back whose stream has ended: a little later than
	 * at once, and not all at the same moment.
	 */
	RETRY_MS = 2000,
	RETRY_SPREAD_MS = 1000,
	/*
	 * When one does that is not to come back: EventSource knows no never.
	 */
	RETRY_LATE_MS = 24 * 60 * 60 * 1000,
	INPUT_UNIT =
	    1024, /* bytes of a client, as limits.inbound_rate has it */
	WELCOME_EVENT_MAX = WELCOME_MAX + 64,
	RETRY_EVENT_MAX = 32,
};

_Static_assert(SSE_HEAD_MAX + CORS_MAX + RETRY_EVENT_MAX + WELCOME_EVENT_MAX <=
		   SESSION_FIRST_MAX,
    "a start fits");

/* --- a request --- */

bool events_has(const struct conn *c)
{
	return c->form & MESSAGE_EVENT;
}

const char *events_transport(const struct conn *c)
{
	return events_has(c) ? CONF_SSE : CONF_WEBSOCKET;
}

static bool is_asked(const struct request *r)
{
	const struct http_head *h = r->head;
	const char *bytes = r->bytes.ptr;
	size_t upgrades;

	(void)http_header(h, bytes, "upgrade", &upgrades);
	return !h->is_1_0 && upgrades == 0 &&
	       slice_eq(http_slice(bytes, h->method), slice_str("GET")) &&
	       http_accepts(h, bytes, "text/event-stream");
}

int events_find(struct conn *c, struct request *r)
{
	const struct conf_route *route = r->match->route;

	if (!c->worker->conf->has_sse || !is_asked(r))
		return 0;
	if (route && !route->has_sse)
		return 0;
	if (route)
		conn_set_route(c, route);
	if (pending_keep(c, r) < 0)
		return -ENOMEM;
	c->form = MESSAGE_AS_EVENT;
	*r = pending_request(c);
	return 0;
}

/* --- what is sent --- */

static char *put_first(const struct conn *c, char *out)
{
	int64_t spread = worker_random(c->worker, RETRY_SPREAD_MS);
	int len = snprintf(out, RETRY_EVENT_MAX, "retry: %d\n" SSE_COMMENT,
	    RETRY_MS + (int)spread);

	return out + len;
}

static char *put_welcome(const struct conn *c, char *out)
{
	char text[WELCOME_MAX];
	const struct sse_event event = {
		.type = SSE_WELCOME,
		.data = slice_of(text, welcome_print(c, text)),
	};

	return sse_put(&event, out);
}

/* With ids the welcome goes behind the first note (net/cursor). */
static size_t start(const struct conn *c, const struct request *r, char *out)
{
	char headers[CORS_MAX];
	size_t len = cors_print(c->route, r, headers);
	char *end = sse_put_head(slice_of(headers, len), out);

	end = put_first(c, end);
	if (c->route->welcome && !(c->form & MESSAGE_WITH_ID))
		end = put_welcome(c, end);
	return (size_t)(end - out);
}

static size_t beat(char *out)
{
	memcpy(out, SSE_COMMENT, sizeof SSE_COMMENT - 1);
	return sizeof SSE_COMMENT - 1;
}

/*
 * Whom the app has disconnected, and whose credentials have expired: coming
 * back at once makes nothing better.
 */
static bool is_final(uint16_t code)
{
	return code == 1000 || code == 1008 || code >= 4000;
}

static size_t goodbye(uint16_t code, struct slice reason, char *out)
{
	char text[8];
	int len = snprintf(text, sizeof text, "%u", code);
	const struct sse_event event = {
		.type = SSE_CLOSE,
		.data = slice_of(text, (size_t)len),
		.retry_ms = is_final(code) ? RETRY_LATE_MS : 0,
	};

	(void)reason;
	return (size_t)(sse_put(&event, out) - out);
}

/* --- what comes --- */

static int on_input(struct conn *c, struct slice bytes, struct buf *replies,
    struct session_input *input)
{
	(void)c;
	(void)replies;
	*input = (struct session_input){
		.frames = (unsigned)((bytes.len + INPUT_UNIT - 1) / INPUT_UNIT),
	};
	return 0;
}

const struct session_ops events_ops = {
	.is_one_way = true,
	.start = start,
	.on_input = on_input,
	.beat = beat,
	.goodbye = goodbye,
};
