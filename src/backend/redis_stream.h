/*
 * redis_stream: to read history.stream of a Redis server, for as long as the
 * gateway runs: from as far back as the history reaches, and on from where it
 * was after each loss of its connection, which is its own. Main thread.
 */
#ifndef BACKEND_REDIS_STREAM_H
#define BACKEND_REDIS_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_link.h"

struct backend_sink;
struct conf;
struct event_base;
struct metrics;
struct redis_stream;

/* Descriptors of one: the connection, what is dialled, look-ups. */
enum { REDIS_STREAM_FILES_MAX = 8 };

struct redis_stream_options {
	struct redis_link_options link; /* borrowed as that says */
	const struct conf *conf;        /* borrowed */
};

/*
 * One that is down and does nothing yet. It tells sink what it reads and
 * misses: on_message, on_batch_end, on_gap and what is of positions; and
 * on_state that it has read all there was, or lost its connection. metrics,
 * sink and arg outlive it.
 */
struct redis_stream *redis_stream_new(struct event_base *base,
    const struct redis_stream_options *options, struct metrics *metrics,
    const struct backend_sink *sink, void *arg);
/* End it at once, without a call into the sink. NULL is fine. */
void redis_stream_free(struct redis_stream *s);

/* Connect, and from now on for as long as it takes. Once. */
void redis_stream_open(struct redis_stream *s);

/* As redis_session_move. What was read stays, and it goes on from there. */
void redis_stream_move(struct redis_stream *s, const char *reason);

/* As in struct backend_ops. */
void redis_stream_ask_barrier(struct redis_stream *s);
void redis_stream_set_paused(struct redis_stream *s, bool is_paused);

#endif
