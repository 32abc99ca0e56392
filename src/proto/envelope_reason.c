#include "proto/envelope_reason.h"

#include <assert.h>

static const struct {
	const char *label;
	const char *text;
} reasons[ENVELOPE_REASON_COUNT] = { [ENVELOPE_OK] = { "ok", "fine" },
#define X(id, label, text) [ENVELOPE_##id] = { label, text },
	ENVELOPE_REASONS(X)
#undef X
};

const char *envelope_reason_label(enum envelope_reason reason)
{
	assert(reason < ENVELOPE_REASON_COUNT);
	return reasons[reason].label;
}

const char *envelope_reason_text(enum envelope_reason reason)
{
	assert(reason < ENVELOPE_REASON_COUNT);
	return reasons[reason].text;
}
