/*
 * websocket: a session in frames of RFC 6455.
 *
 * Input is decoded for its control frames and its mistakes and is otherwise
 * thrown away.
 */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "net/session_ops.h"

extern const struct session_ops websocket_ops;

#endif
