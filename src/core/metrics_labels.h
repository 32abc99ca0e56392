/*
 * metrics_labels: the labels that the rows of one metric have, as people read
 * them (docs/metrics.md). Part of the documentation, not of the gateway.
 */
#ifndef CORE_METRICS_LABELS_H
#define CORE_METRICS_LABELS_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Append them as lines of Markdown's cell, each ended by <br>. labels are those
 * of count rows, at least one, as core/metrics.def writes them: a label with
 * its value, or two. A label is told with all its values; but where not every
 * first one goes with every second one, a line for each first one says which
 * do.
 */
void metrics_labels_put(
    const char *const *labels, size_t count, struct buf *out);

#endif
