/*
 * closing: end all connections of a worker, a few at a time, so that clients
 * do not all come back in the same second: before the end of the process over
 * shutdown.drain, else at a rate.
 */
#ifndef CORE_CLOSING_H
#define CORE_CLOSING_H

#include "core/closed.h"

struct lost_rooms;
struct worker;

/*
 * Connections a second, of all workers together: what one core can take back
 * with TLS, and a question to the app for each.
 */
enum { CLOSING_RATE = 1000 };

/* As many parts of the rooms may be lost at a time; then all are. */
enum { CLOSING_ROOMS_MAX = 16 };

/*
 * Begin to close every connection there is now; or the members of these rooms,
 * of which a reference is taken over, where it is not NULL. A closing under way
 * is replaced, as its connections are among them; only a shutdown is not, and
 * rooms add to rooms. CLOSE_GAP is not for those with ids.
 */
void closing_begin(
    struct worker *w, enum close_reason reason, struct lost_rooms *rooms);

/* Close those whose time has come. Called at each tick of the worker. */
void closing_tick(struct worker *w);

/* Forget a closing under way; the connections stay as they are. */
void closing_end(struct worker *w);

#endif
