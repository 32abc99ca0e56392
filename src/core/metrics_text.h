/*
 * metrics_text: what was counted (core/metrics), as Prometheus reads it, and
 * what is counted, as people do.
 */
#ifndef CORE_METRICS_TEXT_H
#define CORE_METRICS_TEXT_H

#include <stddef.h>

#include "base/buf.h"
#include "core/metrics.h"

/*
 * Append all metrics of count blocks in the Prometheus text format 0.0.4. The
 * first is the main thread's, then come the workers in their order. Main
 * thread.
 */
void metrics_print(
    struct metrics *const *blocks, size_t count, struct buf *out);

/* Append name="value", escaped, and a comma where something stands before. */
void metrics_put_label(struct buf *labels, const char *name, const char *value);

/* The labels of a row, as they stand in core/metrics.def; "": none. */
const char *metrics_labels(enum metric id);

/* The first and the last of the rows of this name, which there is. */
void metrics_find(const char *name, enum metric *first, enum metric *last);

/* Append the list of metrics as Markdown (docs/metrics.md). */
void metrics_reference(struct buf *out);

#endif
