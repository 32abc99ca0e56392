#include "net/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/log.h"
#include "core/conn.h"
#include "core/worker.h"

static const struct {
	const char *label;
	const char *text;
	enum metric metric;
} failures[] = {
#define X(id, label, text) \
	[TLS_FAILURE_##id] = { label, text, METRIC_TLS_FAILED_##id },
	TLS_FAILURES(X)
#undef X
};

/* Reasons that a client's offer gives; a table would be no shorter. */
static enum tls_failure failure_of_reason(int reason)
{
	switch (reason) {
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
		return TLS_FAILURE_HTTP;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_BAD_RECORD_TYPE:
	case SSL_R_UNKNOWN_PROTOCOL:
		return TLS_FAILURE_NOT_TLS;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_INAPPROPRIATE_FALLBACK:
		return TLS_FAILURE_VERSION;
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		return TLS_FAILURE_CIPHER;
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return TLS_FAILURE_ALPN;
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		return TLS_FAILURE_CLOSED;
	default:
		/* An alert of the client's stands here with its number. */
		return reason > SSL_AD_REASON_OFFSET ? TLS_FAILURE_ALERT
						     : TLS_FAILURE_OTHER;
	}
}

enum tls_failure tls_failure_of(unsigned long error)
{
	if (error == 0 || ERR_SYSTEM_ERROR(error))
		return TLS_FAILURE_CLOSED;
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return TLS_FAILURE_OTHER;
	return failure_of_reason(ERR_GET_REASON(error));
}

void tls_failure_note(struct conn *c, enum tls_failure why, unsigned long error)
{
	const char *words = error ? ERR_reason_error_string(error) : NULL;
	char peer[CONN_PEER_MAX];

	metrics_inc(&c->worker->metrics, failures[why].metric);
	if (!log_is_on(LOG_DEBUG))
		return;
	conn_peer(c, peer);
	log_debug("tls", "handshake failed",
	    kv_str("reason", failures[why].label),
	    kv_str("detail", words ? words : failures[why].text),
	    kv_str("peer", peer));
}
