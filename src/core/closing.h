/*
 * closing: end all connections of a worker, a few at a time, so that clients
 * do not all come back in the same second: before the end of the process over
 * shutdown.drain, else at a rate.
 */
#ifndef CORE_CLOSING_H
#define CORE_CLOSING_H

#include "core/closed.h"

struct worker;

/*
 * Connections a second, of all workers together: what one core can take back
 * with TLS, and a question to the app for each.
 */
enum { CLOSING_RATE = 1000 };

/*
 * Begin to close every connection there is now. A closing under way is
 * replaced, as its connections are among them; only a shutdown is not. CLOSE_GAP
 * is not for those with ids.
 */
void closing_begin(struct worker *w, enum close_reason reason);

/* Close those whose time has come. Called at each tick of the worker. */
void closing_tick(struct worker *w);

/* Forget a closing under way; the connections stay as they are. */
void closing_end(struct worker *w);

#endif
