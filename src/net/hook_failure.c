/*
 * hook_failure: one table and one log line. The log's own rate limit keeps an
 * app that is down from filling the disk; the counters tell how many.
 */
#include "net/hook_failure.h"

#include "base/log.h"

static const struct {
	const char *label;
	const char *text;
	enum metric metric;
} failures[] = {
#define X(id, label, text) \
	[HOOK_##id] = { label, text, METRIC_HOOK_FAILED_##id },
	HOOK_FAILURES(X)
#undef X
};

void hook_failure_note(enum hook_failure why, const char *auth,
    const char *detail, int status, struct metrics *m)
{
	metrics_inc(m, failures[why].metric);
	if (why == HOOK_TLS) /* net/http_tls says it, once */
		return;
	log_warn(LOG_HOOK, "the app does not say who may connect",
	    kv_str("auth", auth), kv_str("reason", failures[why].label),
	    kv_str("detail", detail ? detail : failures[why].text),
	    status ? kv_int("status", status) : kv_none);
}
