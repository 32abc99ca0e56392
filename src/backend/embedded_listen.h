/*
 * embedded_listen: what a publisher of the embedded port says to hear of events
 * (backend/embedded_events). Rows of the table of commands; see
 * embedded_call.h.
 */
#ifndef BACKEND_EMBEDDED_LISTEN_H
#define BACKEND_EMBEDDED_LISTEN_H

#include "backend/embedded_call.h"

/* Whether it may be asked here: not in a transaction; for these names only. */
bool embedded_listen_check_subscribe(struct call *c);
bool embedded_listen_check_unsubscribe(struct call *c);
enum embedded_outcome embedded_listen_run_subscribe(struct call *c);
enum embedded_outcome embedded_listen_run_unsubscribe(struct call *c);

/* PSUBSCRIBE, and groups of consumers: refused, with what to do instead. */
bool embedded_listen_check_pattern(struct call *c);
bool embedded_listen_check_group(struct call *c);

/* XREAD; where it has to wait, its answer comes later. */
bool embedded_listen_check_xread(struct call *c);
enum embedded_outcome embedded_listen_run_xread(struct call *c);

/* Whether the session hears a channel: then few commands are left to it. */
bool embedded_listen_is_subscribed(const struct call *c);

#endif
