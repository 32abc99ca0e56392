/*
 * metrics_json: the labels of a metric as members of a JSON object, so that
 * who reads JSON calls things as Prometheus does.
 */
#ifndef CORE_METRICS_JSON_H
#define CORE_METRICS_JSON_H

#include "base/buf.h"

/*
 * Append labels as metrics_put_label and core/metrics.def write them to the
 * object that is open (proto/json_write).
 */
void metrics_add_labels(struct buf *out, const char *labels);

#endif
