/*
 * refuse: the one place where a handshake ends without a session, counted and
 * logged. HANDSHAKE, ASKING or WAITING.
 */
#ifndef NET_REFUSE_H
#define NET_REFUSE_H

#include "core/refused.h"

struct conn;

/*
 * Answer with an HTTP error and linger. detail, a static text, says more than
 * the reason's own, or is NULL.
 */
void refuse(struct conn *c, enum refused why, const char *detail);

/* The peer has left, or there is no way to answer it: count and kill it. */
void refuse_unheard(struct conn *c);

#endif
