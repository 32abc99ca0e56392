/*
 * health: the answer to a balancer that can only look at the clients' port
 * (listen[].health): whether new clients should be sent here.
 */
#ifndef NET_HEALTH_H
#define NET_HEALTH_H

#include <stdbool.h>

#include "net/request.h"

struct conn;

/*
 * Answer a complete request when it is a health check: GET or HEAD of the
 * listener's path, and no handshake. True when it was one; the connection is
 * lingering then. It counts against no limit and as no refusal.
 */
bool health_answer(struct conn *c, const struct request *r);

#endif
