#include "net/tls_report.h"

#include "base/log.h"
#include "core/conn.h"
#include "core/worker.h"

/* Each failure has its row of roomcast_tls_handshakes_failed_total. */
static const enum metric metrics[] = {
#define X(id, label, text) [TLS_FAILURE_##id] = METRIC_TLS_FAILED_##id,
	TLS_FAILURES(X)
#undef X
};

void tls_report(struct conn *c, enum tls_failure why, unsigned long error)
{
	char client[CONN_CLIENT_MAX];

	metrics_inc(&c->worker->metrics, metrics[why]);
	if (!log_is_on(LOG_DEBUG))
		return;
	conn_client(c, client);
	log_debug("tls", "handshake failed",
	    kv_str("reason", tls_failure_label(why)),
	    kv_str("detail", tls_failure_text(why, error)),
	    kv_str("peer", client));
}
