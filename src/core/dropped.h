/*
 * dropped: what is told of a payload that is dropped for what is in it. Part of
 * the router; main thread only.
 */
#ifndef CORE_DROPPED_H
#define CORE_DROPPED_H

#include "base/slice.h"
#include "proto/envelope_reason.h"

struct metrics;

/* Count and log it; out is then why, for whoever has published it. */
void dropped_tell(struct slice channel, const struct envelope_fault *f,
    struct metrics *metrics, char out[ENVELOPE_FAULT_TEXT_MAX]);

#endif
