/*
 * closed: the metric of an ended connection, by reason and close code. Codes
 * that a peer or the app may choose are put into a few buckets: no label has
 * more values than the rows of metrics.def.
 */
#ifndef CORE_CLOSED_H
#define CORE_CLOSED_H

#include <stdint.h>

#include "core/conn.h"
#include "core/metrics.h"

/*
 * For this reason, and the code that ended it: what the peer sent when it
 * closed (1005: a close frame without one), else what we send.
 */
enum metric closed_metric(enum close_reason reason, uint16_t code);

#endif
