/*
 * redis_stream: to read history.stream of a Redis server, for as long as the
 * gateway runs: from as far back as the history reaches, and on from where it
 * was after each loss of its connection, which is its own. Main thread.
 */
#ifndef BACKEND_REDIS_STREAM_H
#define BACKEND_REDIS_STREAM_H

#include <stdbool.h>

#include "backend/redis_link.h"

struct backend_options;
struct conf;
struct event_base;
struct metrics;
struct redis_stream;

/* Descriptors of one: the connection, what is dialled, look-ups. */
enum { REDIS_STREAM_FILES_MAX = 8 };

/* It has read all there was, or has lost its connection. */
typedef void (*redis_stream_fn)(void *arg, bool is_up);

/*
 * One that is down and does nothing yet, of a backend with these options. The
 * hub's sink is told what it reads and misses: on_message, on_batch_end, on_gap
 * and what is of positions; and fn whether it is up, once for each change. link
 * is borrowed as that says; metrics and arg outlive it.
 */
struct redis_stream *redis_stream_new(struct event_base *base,
    const struct redis_link_options *link,
    const struct backend_options *options, struct metrics *metrics,
    redis_stream_fn fn, void *arg);
/* End it at once, without a call into the sink. NULL is fine. */
void redis_stream_free(struct redis_stream *s);

/*
 * Go by this configuration, borrowed up to the next one: its channels, the
 * bounds of its history and how long payloads may be.
 */
void redis_stream_use_conf(struct redis_stream *s, const struct conf *conf);

/* Connect, and from now on for as long as it takes. Once. */
void redis_stream_open(struct redis_stream *s);

/* As redis_session_move. What was read stays, and it goes on from there. */
void redis_stream_move(struct redis_stream *s, const char *reason);

/* As in struct backend_ops. */
void redis_stream_ask_barrier(struct redis_stream *s);
void redis_stream_set_paused(struct redis_stream *s, bool is_paused);

#endif
