/*
 * http_query: percent-encoding, and the parameters of a query.
 */
#ifndef PROTO_HTTP_QUERY_H
#define PROTO_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * Decode %XX of one path segment or query value into out, which holds
 * raw.len bytes; plus makes '+' a space (queries). Decodes once; the result
 * may hold any byte. Returns the length, or -EINVAL for a broken escape.
 */
long http_percent_decode(struct slice raw, bool plus, char *out)
    __attribute__((warn_unused_result));

/*
 * Find the first value of a query parameter whose decoded name is this one;
 * *raw is its value, not decoded. False when there is none. *count, unless
 * NULL, is how many there are.
 */
bool http_query_find(
    struct slice query, const char *name, struct slice *raw, size_t *count);

#endif
