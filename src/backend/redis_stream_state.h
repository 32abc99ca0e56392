/*
 * redis_stream_state: how long the stream is, how old, and how far it has been
 * read, for operators; and a warning when nobody trims it.
 */
#ifndef BACKEND_REDIS_STREAM_STATE_H
#define BACKEND_REDIS_STREAM_STATE_H

#include <stdbool.h>
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

/*
 * It has been read up to this entry; is_all: there is no more. How far behind
 * that is, is told by the age of the entry: a distance between ids would be
 * that of two messages, however quickly the later one is read.
 */
void redis_stream_state_read(
    struct redis_stream_state *s, const struct place *last, bool is_all);

/* So it is. */
void redis_stream_state_show(
    struct redis_stream_state *s, const struct redis_stream_info *info);

#endif
