#include "net/refuse.h"

#include "base/log.h"
#include "core/backlog.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/io.h"
#include "net/linger.h"
#include "net/pending.h"
#include "proto/handshake.h"
#include "sys/tls.h"

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
	    kv_str("peer", client));
}

static void answer(struct conn *c, int status, const char *text)
{
	char bytes[HANDSHAKE_REFUSAL_MAX];
	size_t len = handshake_refusal(status, text, bytes, sizeof bytes);

	io_write_once(c, slice_of(bytes, len));
	if (c->state != CONN_DEAD)
		linger_start(c);
}

void refuse_by(struct conn *c, struct verdict v)
{
	const char *text = v.detail ? v.detail : refused_text(v.why);

	record_refused(c, v.why, text);
	if (c->state != CONN_HANDSHAKE)
		io_resume(c);
	backlog_drop(c); /* no frame follows an HTTP answer */
	pending_drop(c);
	if (c->tls && !tls_is_up(c->tls))
		conn_kill(c); /* nobody could read the answer */
	else
		answer(c, refused_status(v.why), text);
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
