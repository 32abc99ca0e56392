/*
 * redis_stream_reader: what is read of a stream, whatever connections it comes
 * by: the redis_tail that says what to ask on one, and what is told of what it
 * finds: to the hub, in the log and among the metrics. Main thread.
 */
#ifndef BACKEND_REDIS_STREAM_READER_H
#define BACKEND_REDIS_STREAM_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_stream_sink.h"
#include "backend/redis_stream_state.h"
#include "backend/redis_tail.h"

struct backend_options;
struct conf;
struct metrics;

struct redis_stream_reader {
	struct redis_stream_sink told;
	struct redis_tail tail; /* its owner hands it what the server answers */
	struct redis_stream_state state;
	void (*fn)(void *arg);
	void *arg;
	int64_t opened_ms;
	bool has_booted;
	bool is_asked;      /* for a barrier */
	bool is_barrier_on; /* what is asked now, was asked after it */
};

/*
 * One that has read nothing, of a backend with these options, whose sink is
 * told. fn is called when a server has answered what was asked, before a
 * barrier is told. All is borrowed and outlives it; the configuration up to the
 * next one.
 */
void redis_stream_reader_init(struct redis_stream_reader *r,
    const struct backend_options *options, struct metrics *metrics,
    void (*fn)(void *arg), void *arg);
/* Frees what is its own, without a call into the sink. */
void redis_stream_reader_fini(struct redis_stream_reader *r);

/* As redis_stream_use_conf, for what comes from now on. */
void redis_stream_reader_use_conf(
    struct redis_stream_reader *r, const struct conf *conf);

/*
 * A connection is about to be made, is ready, is lost. What was read stays, and
 * it goes on from there. Before it has read all that there was at boot, the hub
 * is told at each loss how far it has come.
 */
void redis_stream_reader_open(struct redis_stream_reader *r);
void redis_stream_reader_connect(struct redis_stream_reader *r);
void redis_stream_reader_lose(const struct redis_stream_reader *r);

/* As redis_tail_next: the command that is sent now. */
void redis_stream_reader_next(
    struct redis_stream_reader *r, struct tail_command *c);

/* How many ms the server may wait before it answers that, by what it says. */
int64_t redis_stream_reader_wait_ms(const struct redis_stream_reader *r);

/* As in struct backend_ops: what is there now will have been read. */
void redis_stream_reader_ask_barrier(struct redis_stream_reader *r);

#endif
