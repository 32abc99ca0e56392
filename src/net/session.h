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
struct request;

/*
 * The request is admitted: answer it, then handle what came behind its head.
 * From HANDSHAKE, ASKING or WAITING.
 */
void session_start(struct conn *c, const struct request *r);

/* As transport_ops have them. */
void session_on_readable(struct conn *c);
void session_on_due(struct conn *c);
void session_on_flushed(struct conn *c);
void session_close(struct conn *c, enum close_reason reason, bool flush);
/* The app says goodbye. OPEN. */
void session_disconnect(struct conn *c, uint16_t code, struct slice reason);

#endif
