#include "core/dropped.h"

#include "base/log.h"
#include "core/metrics.h"

static void log_it(
    struct slice channel, const struct envelope_fault *f, const char *text)
{
	struct log_kv key = kv_none;

	if (f->key.len > 0)
		key = kv_slice("key", f->key);
	log_warn(LOG_HUB, "payload dropped", kv_slice("channel", channel),
	    kv_str("reason", envelope_reason_label(f->reason)),
	    kv_str("why", text), kv_int("offset", (int64_t)f->offset), key);
}

void dropped_tell(struct slice channel, const struct envelope_fault *f,
    struct metrics *metrics, char out[ENVELOPE_FAULT_TEXT_MAX])
{
	static const enum metric by_reason[] = {
#define X(id, label, text) [ENVELOPE_##id] = METRIC_PAYLOAD_DROPPED_##id,
		ENVELOPE_REASONS(X)
#undef X
	};

	metrics_inc(metrics, by_reason[f->reason]);
	envelope_fault_print(f, out);
	log_it(channel, f, out);
}
