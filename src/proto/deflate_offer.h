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

enum { DEFLATE_ANSWER_MAX = 128 };

/*
 * Whether the client takes messages deflated with a window of so many bits: 1
 * when one of its offers can be accepted, 0 when none can. An offer that asks
 * for a smaller window is declined (RFC 7692, section 7.1.2.1). -EINVAL when a
 * header is not a list of extensions: RFC 6455 wants such a handshake to fail.
 */
int deflate_offer_accept(
    const struct http_head *head, const char *bytes, unsigned window_bits);

/*
 * Write the answer for this window, as the value of the header, to out.
 * Returns its length.
 */
size_t deflate_offer_answer(unsigned window_bits, char out[DEFLATE_ANSWER_MAX]);

#endif
