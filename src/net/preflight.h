/*
 * preflight: a browser asks whether the page of another site may ask for an
 * event stream with more than a simple request has: a fetch with Authorization
 * or Last-Event-ID (WHATWG Fetch, section 4.8). EventSource needs none.
 */
#ifndef NET_PREFLIGHT_H
#define NET_PREFLIGHT_H

#include <stdbool.h>

#include "net/request.h"

struct conn;

/*
 * Answer a complete request when it is an OPTIONS of a route that has event
 * streams. True when it was one: the connection is lingering then.
 */
bool preflight_answer(struct conn *c, const struct request *r);

#endif
