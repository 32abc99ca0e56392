/*
 * session: an open connection, until both sides have said goodbye (OPEN and
 * CLOSING).
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/closed.h"

struct conn;

/*
 * The handshake is done: send first (the 101 answer and a welcome), then
 * handle input, the bytes that came behind the request head.
 */
void session_start(struct conn *c, struct slice first, struct slice input);

/* As transport_ops have them. */
void session_on_readable(struct conn *c);
void session_on_due(struct conn *c);
void session_on_flushed(struct conn *c);
void session_close(struct conn *c, enum close_reason reason, bool flush);
/* The app says goodbye. OPEN. */
void session_disconnect(struct conn *c, uint16_t code, struct slice reason);

#endif
