#include "core/closed.h"

static const struct {
	uint16_t code;
	const char *label;
	const char *text;
	enum metric metric;
} close_rows[] = {
#define CLOSE(id, code, label, text) \
	[CLOSE_##id] = { code, label, text, METRIC_CLOSED_##id },
#include "core/close.def"
#undef CLOSE
};

uint16_t closed_code(enum close_reason reason)
{
	return close_rows[reason].code;
}

const char *closed_label(enum close_reason reason)
{
	return close_rows[reason].label;
}

const char *closed_text(enum close_reason reason)
{
	return close_rows[reason].text;
}

/* RFC 6455, section 7.4; what no row has is not valid on the wire. */
static enum metric by_peer(uint16_t code)
{
	switch (code) {
	case 1000:
		return METRIC_CLOSED_PEER;
#define PEER_CODE(code) \
	case code:      \
		return METRIC_CLOSED_PEER_##code;
#include "core/peer_code.def"
#undef PEER_CODE
	default:
		return code < 4000 ? METRIC_CLOSED_PEER_3XXX
				   : METRIC_CLOSED_PEER_4XXX;
	}
}

enum metric closed_metric(enum close_reason reason, uint16_t code)
{
	if (reason == CLOSE_PEER)
		return by_peer(code);
	if (reason == CLOSE_APP && code >= 4000)
		return METRIC_CLOSED_APP_4XXX;
	return close_rows[reason].metric;
}
