/*
 * closing: end all connections of a worker, oldest first, spread over
 * shutdown.drain, so that clients do not all come back in the same second.
 */
#ifndef CORE_CLOSING_H
#define CORE_CLOSING_H

#include "core/conn.h"

struct worker;

/*
 * Begin to close every connection there is now. A shutdown replaces another
 * closing under way; another one while one is under way is ignored.
 */
void closing_begin(struct worker *w, enum close_reason reason);

/* Close those whose time has come. Called at each tick of the worker. */
void closing_tick(struct worker *w);

/* Forget it; the connections stay as they are. */
void closing_end(struct worker *w);

#endif
