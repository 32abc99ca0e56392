/*
 * session_form: which of the forms a connection's session speaks in.
 */
#ifndef NET_SESSION_FORM_H
#define NET_SESSION_FORM_H

#include "net/events.h"
#include "net/websocket.h"

/* By what events_find has marked; a constant. On the worker's thread. */
static inline const struct session_ops *session_form_of(const struct conn *c)
{
	return events_has(c) ? &events_ops : &websocket_ops;
}

#endif
