/*
 * refused: why a handshake is refused, by the rows of refused.def. There
 * stands, in one place, what the client, the log and the metric are told.
 */
#ifndef CORE_REFUSED_H
#define CORE_REFUSED_H

#include "core/metrics.h"

enum refused {
	REFUSED_NOT, /* it is not */
#define REFUSED(id, status, label, text) REFUSED_##id,
#include "core/refused.def"
#undef REFUSED
};

/* Of any reason but REFUSED_NOT. Static texts. */
int refused_status(enum refused why);
const char *refused_label(enum refused why);
const char *refused_text(enum refused why);
enum metric refused_metric(enum refused why);

#endif
