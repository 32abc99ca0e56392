/*
 * compressor: the content of a message deflated, once for all who want it so.
 * Part of the hub; main thread only: the workers share what comes out, and no
 * connection has a stream of its own.
 */
#ifndef CORE_COMPRESSOR_H
#define CORE_COMPRESSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct conf;
struct deflater;
struct metrics;

struct compressor {
	struct deflater *deflater; /* owned; NULL: compression is off */
	struct metrics *metrics;   /* borrowed */
	unsigned window_bits;      /* of all clients at least */
	size_t min_size;
	struct buf out; /* the payload of the message at hand */
	struct buf with_id, out_with_id; /* the same behind the line of an id */
};

void compressor_init(
    struct compressor *c, const struct conf *conf, struct metrics *metrics);
void compressor_fini(struct compressor *c);
/*
 * Go by this configuration: with the smallest window of all that there were,
 * as clients that are here may keep no larger one. False: what was deflated up
 * to now was so with a larger one.
 */
bool compressor_use_conf(struct compressor *c, const struct conf *conf);

/*
 * The payload of the deflated frames, as message_new takes it; valid until the
 * next call. Empty when there is none: content is too small, or does not get
 * smaller.
 */
struct slice compressor_run(struct compressor *c, struct slice content);
/* The same for ID LF content. Too small is what content alone is. */
struct slice compressor_run_with_id(
    struct compressor *c, struct slice id, struct slice content);

#endif
