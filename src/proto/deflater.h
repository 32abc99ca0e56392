/*
 * deflater: from the content of a message to the payload of a
 * permessage-deflate frame (RFC 7692, section 7.2.1), by zlib.
 *
 * One zlib stream for each window in use, used again for every message: no
 * message refers to another one, so its payload serves whoever agreed on that
 * window or on a larger one. Not for several threads at once.
 */
#ifndef PROTO_DEFLATER_H
#define PROTO_DEFLATER_H

#include <stdbool.h>

#include "base/buf.h"

struct deflater;

/* level is zlib's, 1 to 9. Never NULL; its streams are made when needed. */
struct deflater *deflater_new(int level);
void deflater_free(struct deflater *d);

/*
 * Append the payload for a window of so many bits (proto/deflate_offer) to
 * out. False, with out as it was, when it would not be smaller than the
 * content, or when memory is out.
 */
bool deflater_append(struct deflater *d, unsigned window_bits,
    struct slice content, struct buf *out);

#endif
