/*
 * session: an open connection, until both sides have said goodbye (OPEN and
 * CLOSING).
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

struct conn;
struct request;

/*
 * The request is admitted: answer it, then handle what came behind its head.
 * From HANDSHAKE, ASKING or WAITING.
 */
void session_start(struct conn *c, const struct request *r);

/* As transport_ops have them. OPEN, CLOSING. */
void session_on_readable(struct conn *c);
void session_on_due(struct conn *c);

#endif
