/*
 * redis_stream_sink: what was read of a stream, told to the hub, and what of it
 * is missing or dropped, told to operators.
 */
#ifndef BACKEND_REDIS_STREAM_SINK_H
#define BACKEND_REDIS_STREAM_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf_generations.h"

struct backend_options;
struct backend_sink;
struct conf;
struct conf_redis;
struct metrics;
struct place;
struct redis_entry;

/* Borrowed, if nothing else is said. */
struct redis_stream_sink {
	struct conf_generations confs; /* its own */
	const struct conf_redis *source;
	struct metrics *metrics;
	const struct backend_sink *sink;
	void *arg;
	uint64_t past_count; /* entries of the boot read */
};

/* For these, which outlive it; nothing was read yet. */
void redis_stream_sink_init(struct redis_stream_sink *s,
    const struct backend_options *options, struct metrics *metrics);
/* Frees what is its own. */
void redis_stream_sink_fini(struct redis_stream_sink *s);

/*
 * Go by this configuration. Entries that bear the names of before are taken
 * still: they may be there already, and publishers change at another moment.
 */
void redis_stream_sink_use_conf(
    struct redis_stream_sink *s, const struct conf *conf);

/*
 * The next entry, as a payload. One that is none is dropped, and a position all
 * the same, with nothing at it.
 */
void redis_stream_sink_entry(
    struct redis_stream_sink *s, const struct redis_entry *e, bool is_past);

/* As on_mark, on_void and on_hole of backend_sink; the last two are gaps. */
void redis_stream_sink_mark(
    const struct redis_stream_sink *s, const struct place *p);
void redis_stream_sink_void(const struct redis_stream_sink *s);
void redis_stream_sink_hole(const struct redis_stream_sink *s);

#endif
