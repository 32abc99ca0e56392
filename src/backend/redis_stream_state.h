/*
 * redis_stream_state: how long the stream is, how old, and how far it has been
 * read, for operators; and a warning when nobody trims it.
 */
#ifndef BACKEND_REDIS_STREAM_STATE_H
#define BACKEND_REDIS_STREAM_STATE_H

#include <stdint.h>

struct metrics;
struct place;
struct redis_stream_info;

struct redis_stream_state {
	const char *key; /* borrowed, as metrics */
	struct metrics *metrics;
	uint64_t warn_at; /* that many entries */
};

void redis_stream_state_init(
    struct redis_stream_state *s, const char *key, struct metrics *metrics);

/* So it is, and it has been read up to this place. */
void redis_stream_state_show(struct redis_stream_state *s,
    const struct redis_stream_info *info, const struct place *read);

#endif
