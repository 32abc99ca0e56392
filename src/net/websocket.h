/*
 * websocket: a session in frames of RFC 6455.
 *
 * Input is decoded for its control frames and its mistakes and is otherwise
 * thrown away.
 */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "net/session_ops.h"

struct conf_route;

extern const struct session_ops websocket_ops;

/*
 * Write the 101 of this route to out (HANDSHAKE_RESPONSE_MAX bytes); returns
 * its length. The request has passed handshake_check; window_bits is 0 where
 * nothing is deflated.
 */
size_t websocket_put_upgrade(const struct conf_route *route,
    const struct request *r, unsigned window_bits, char *out);

#endif
