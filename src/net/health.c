/*
 * health: see health.h. Lenient where balancers are sloppy: HTTP/1.0, and no
 * Host. What the backend does plays no part: where Redis is lost it is lost
 * for all instances, and clients that are here stay.
 */
#include "net/health.h"

#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/linger.h"
#include "net/pending.h"
#include "proto/handshake.h"
#include "proto/http_fields.h"

static bool is_check(const struct conf_listen *listen, const struct request *r)
{
	struct slice method = http_slice(r->bytes.ptr, r->head->method);

	return slice_eq(http_path(r->head, r->bytes.ptr),
		   slice_str(listen->health)) &&
	       (slice_eq(method, slice_str("GET")) ||
		   slice_eq(method, slice_str("HEAD"))) &&
	       !http_has_token(r->head, r->bytes.ptr, "upgrade", "websocket");
}

/* Why new clients should go elsewhere, or NULL. */
static const char *trouble(const struct conn *c)
{
	if (atomic_load(&c->worker->shared->is_stopping))
		return refused_text(REFUSED_DRAINING);
	if (c->pending->refuse_with)
		return refused_text(c->pending->refuse_with);
	return NULL;
}

bool health_answer(struct conn *c, const struct request *r)
{
	char answer[HANDSHAKE_REFUSAL_MAX];
	const struct conf_listen *listen = pending_listen(c);
	const char *why;
	bool is_head;
	size_t len;

	if (!listen || !listen->health || !is_check(listen, r))
		return false;
	why = trouble(c);
	is_head = http_slice(r->bytes.ptr, r->head->method).ptr[0] == 'H';
	len = handshake_health(why, !is_head, answer, sizeof answer);
	metrics_inc(
	    &c->worker->metrics, why ? METRIC_HEALTH_503 : METRIC_HEALTH_200);
	pending_drop(c);
	linger_answer(c, slice_of(answer, len));
	return true;
}
