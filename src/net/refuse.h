/*
 * refuse: the one place where a handshake ends without a session, counted and
 * logged. HANDSHAKE, ASKING or WAITING.
 */
#ifndef NET_REFUSE_H
#define NET_REFUSE_H

#include "net/verdict.h"

struct conn;

/*
 * Answer with an HTTP error, or a close frame where the route has it so; either
 * tells the reason or, where there is more to say, the detail. Then linger.
 */
void refuse(struct conn *c, enum refused why);
void refuse_by(struct conn *c, struct verdict v);

/* The peer has left, or there is no way to answer it: count and kill it. */
void refuse_unheard(struct conn *c);

/* TLS itself has told the peer why not: count it, and linger. HANDSHAKE. */
void refuse_by_alert(struct conn *c);

#endif
