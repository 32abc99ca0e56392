/*
 * deflater: from the content of a message to the payload of a
 * permessage-deflate frame (RFC 7692, section 7.2.1), by zlib.
 *
 * One zlib stream with one window, used again for every message: no message
 * refers to another one, so a payload serves all who keep that window or a
 * larger one. Not for several threads at once.
 */
#ifndef PROTO_DEFLATER_H
#define PROTO_DEFLATER_H

#include <stdbool.h>

#include "base/buf.h"

struct deflater;

/* Bits of a window. RFC 7692 has 8, too, but zlib makes no raw stream of it. */
enum { DEFLATER_WINDOW_MIN = 9, DEFLATER_WINDOW_MAX = 15 };

/* level is zlib's, 1 to 9. Never NULL; the stream is made when needed. */
struct deflater *deflater_new(int level, unsigned window_bits);
void deflater_free(struct deflater *d);

/*
 * Append the payload to out. False, with out as it was, when it would not be
 * smaller than the content, or when memory is out.
 */
bool deflater_append(struct deflater *d, struct slice content, struct buf *out);

/* The version of zlib that is in use. */
const char *deflater_library(void);

#endif
