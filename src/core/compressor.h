/*
 * compressor: the content of a message deflated, once for each window that
 * somebody wants it in. Part of the hub; main thread only: the workers share
 * what comes out, and no connection has a stream of its own.
 */
#ifndef CORE_COMPRESSOR_H
#define CORE_COMPRESSOR_H

#include <stdint.h>

#include "base/buf.h"
#include "core/message.h"

struct conf;
struct deflater;
struct metrics;

struct compressor {
	struct deflater
	    *deflater;           /* owned; NULL: delivery.compression is off */
	struct metrics *metrics; /* borrowed */
	size_t min_size;
	struct buf out; /* all payloads of the message at hand */
	struct slice payloads[MESSAGE_WINDOWS]; /* in out; others are empty */
};

void compressor_init(
    struct compressor *c, const struct conf *conf, struct metrics *metrics);
void compressor_fini(struct compressor *c);

/*
 * The payloads for the windows of the bit set, by number, as message_new
 * takes them; valid until the next call. NULL when there is none: content is
 * too small, or does not get smaller.
 */
const struct slice *compressor_run(
    struct compressor *c, struct slice content, uint8_t windows);

#endif
