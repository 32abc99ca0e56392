/*
 * closed: why open connections end, and what is counted by reason and close
 * code. Codes that a peer or the app may choose are put into a few buckets: no
 * label has more values than the rows of metrics.def.
 */
#ifndef CORE_CLOSED_H
#define CORE_CLOSED_H

#include <stdint.h>

#include "core/metrics.h"

/* Why an open connection ends: the rows of close.def. */
enum close_reason {
#define CLOSE(id, code, label, text) CLOSE_##id,
#include "core/close.def"
#undef CLOSE
};

/* RFC 6455, section 7.1.5: what is no code of a close frame. */
enum {
	CLOSE_CODE_MISSING = 1005, /* the frame has none */
	CLOSE_CODE_NONE = 1006,    /* there is no frame */
};

/* The row of close.def: the code of the close frame, its text, its label. */
uint16_t closed_code(enum close_reason reason);
const char *closed_label(enum close_reason reason);
const char *closed_text(enum close_reason reason);

/*
 * What counts connections that end for this reason with this code: what the
 * peer sent when it closed (1005: a close frame without one), else what we
 * send.
 */
enum metric closed_metric(enum close_reason reason, uint16_t code);

#endif
