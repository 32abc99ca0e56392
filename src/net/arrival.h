/*
 * arrival: who has come, and whether it is one too many. Found out as early as
 * it can be known: at accept, behind a PROXY header, or when the head is there
 * that a proxy has written. HANDSHAKE.
 */
#ifndef NET_ARRIVAL_H
#define NET_ARRIVAL_H

#include <stdbool.h>

#include "net/request.h"

struct conn;

/* Just accepted, at the address of this place among conf.listen. */
void arrival_begin(struct conn *c, unsigned door);

/*
 * While a PROXY header is awaited: read it, and no byte behind it. True when
 * it is complete; else wait for more, or the connection has ended.
 */
bool arrival_read_proxy(struct conn *c);

/* The head is complete. False when it has been refused. */
bool arrival_may_go_on(struct conn *c, const struct request *r);

#endif
