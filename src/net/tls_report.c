#include "net/tls_report.h"

#include "core/conn.h"
#include "core/worker.h"
#include "net/access_log.h"
#include "sys/tls.h"

/* Each failure has its row of roomcast_tls_handshakes_failed_total. */
static const enum metric metrics[] = {
#define X(id, label, text) [TLS_FAILURE_##id] = METRIC_TLS_FAILED_##id,
	TLS_FAILURES(X)
#undef X
};

void tls_report_done(struct conn *c)
{
	metrics_inc(&c->worker->metrics,
	    tls_is_resumed(c->tls) ? METRIC_TLS_RESUMED : METRIC_TLS_FULL);
}

void tls_report(struct conn *c, enum tls_failure why, const char *words)
{
	metrics_inc(&c->worker->metrics, metrics[why]);
	access_log_tls_failed(c, tls_failure_label(why), words);
}
