/*
 * redis_pattern: the pattern by which Redis gives all channels that begin with
 * a prefix (PSUBSCRIBE). The prefix stands for itself in it, whatever it holds.
 */
#ifndef PROTO_REDIS_PATTERN_H
#define PROTO_REDIS_PATTERN_H

#include "base/buf.h"
#include "base/slice.h"

/* Append it. */
void redis_pattern_write(struct buf *out, struct slice prefix);

#endif
