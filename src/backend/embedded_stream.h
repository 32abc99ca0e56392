/*
 * embedded_stream: the ids of what is XADDed to history.stream. They rise as in
 * Redis, MS-SEQ, whatever the clock does.
 */
#ifndef BACKEND_EMBEDDED_STREAM_H
#define BACKEND_EMBEDDED_STREAM_H

#include "core/place.h"

struct embedded_stream {
	struct place last;
};

/* Nothing has been added yet: last is the position before. */
void embedded_stream_init(struct embedded_stream *s);

/* The id of the next entry: s->last from now on, and as text in out. */
struct slice embedded_stream_next(
    struct embedded_stream *s, char out[PLACE_MAX + 1]);

#endif
