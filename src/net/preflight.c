#include "net/preflight.h"

#include <stdio.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/cors.h"
#include "net/linger.h"
#include "net/pending.h"
#include "net/refuse.h"
#include "net/route.h"

static bool is_asked(const struct request *r)
{
	const struct conf_route *route = r->match->route;

	return route && route->has_sse &&
	       slice_eq(http_slice(r->bytes.ptr, r->head->method),
		   slice_str("OPTIONS"));
}

/* What it may send and for how many seconds, to whom it may send anything. */
static const char *permission(size_t cors_len)
{
	return cors_len == 0 ? ""
			     : "Access-Control-Allow-Methods: GET\r\n"
			       "Access-Control-Allow-Headers: "
			       "Authorization, Last-Event-ID\r\n"
			       "Access-Control-Max-Age: 7200\r\n";
}

static void answer(
    struct conn *c, const struct conf_route *route, const struct request *r)
{
	char headers[CORS_MAX], bytes[CORS_MAX + 256];
	size_t cors_len = cors_print(route, r, headers);
	int len = snprintf(bytes, sizeof bytes,
	    "HTTP/1.1 204 No Content\r\n"
	    "Allow: GET, OPTIONS\r\n"
	    "%.*s%s"
	    "Connection: close\r\n"
	    "\r\n",
	    (int)cors_len, headers, permission(cors_len));

	linger_answer(c, slice_of(bytes, (size_t)len));
}

bool preflight_answer(struct conn *c, const struct request *r)
{
	const struct conf_route *route = r->match->route;

	if (!is_asked(r))
		return false;
	if (cors_check(route, r) != REFUSED_NOT) {
		refuse(c, REFUSED_ORIGIN);
		return true;
	}
	metrics_inc(&c->worker->metrics, METRIC_PREFLIGHTS);
	answer(c, route, r);
	pending_drop(c);
	return true;
}
