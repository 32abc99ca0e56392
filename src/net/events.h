/*
 * events: a session as an event stream, by which EventSource in a browser gets
 * messages over plain HTTP. The client says nothing: what it sends is ignored.
 */
#ifndef NET_EVENTS_H
#define NET_EVENTS_H

#include <stdbool.h>

#include "net/session_ops.h"

struct conn;

extern const struct session_ops events_ops;

/* Whether its session is one, or will be: see events_find. */
bool events_has(const struct conn *c);
/* What it is in the configuration and in the log. */
const char *events_transport(const struct conn *c);

/*
 * Find out whether a complete request asks for an event stream, and its route
 * has any or is unknown. Its connection is then marked, has its route, and the
 * request stays pending until it is answered, for a refusal goes by it: *r is
 * that one. 0, or -ENOMEM.
 */
int events_find(struct conn *c, struct request *r)
    __attribute__((warn_unused_result));

#endif
