/*
 * deflate_offer: the negotiation of permessage-deflate (RFC 7692, section 7.1)
 * in Sec-WebSocket-Extensions (RFC 6455, section 9.1). Pure: text in, text
 * out; what compresses is proto/deflater.
 *
 * No context takeover on either side, always: each message stands for itself,
 * so that one result serves all who get it.
 */
#ifndef PROTO_DEFLATE_OFFER_H
#define PROTO_DEFLATE_OFFER_H

#include <stddef.h>

#include "proto/http.h"

/* Bits of a window. RFC 7692 has 8, too, but zlib makes no raw stream of it. */
enum { DEFLATE_WINDOW_MIN = 9, DEFLATE_WINDOW_MAX = 15 };

enum { DEFLATE_ANSWER_MAX = 128 };

/*
 * The window, in bits, for messages to this client: what the first offer that
 * can be accepted allows, and max_bits at most; 0 when there is no such offer.
 * -EINVAL when a header is not a list of extensions: RFC 6455 wants such a
 * handshake to fail.
 */
int deflate_offer_choose(
    const struct http_head *head, const char *bytes, unsigned max_bits);

/*
 * Write the answer for this window, as the value of the header, to out.
 * Returns its length.
 */
size_t deflate_offer_answer(unsigned window_bits, char out[DEFLATE_ANSWER_MAX]);

#endif
