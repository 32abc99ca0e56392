/*
 * presence: the seats that a worker's connections take, of routes with
 * `presence`: from the answer to the handshake until they leave their rooms.
 * What has changed goes to the main thread once a second, or when that asks, a
 * page at a time: core/occupancy. A worker that has never had such a connection
 * has nothing of it. The worker's thread.
 */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct conn;
struct worker;

/* A connection is OPEN; it is present from now on, if its route has that. */
void presence_open(struct conn *c);

/*
 * A command has let it join the room, or leave it; then: it is about to leave
 * all. Nothing where it is not present.
 */
void presence_join(struct conn *c, struct slice room, uint64_t hash);
void presence_leave(struct conn *c, struct slice room, uint64_t hash);
void presence_close(struct conn *c);

/*
 * Post what has changed, up to a page of it: whether there is more. For whom
 * asks: core/seat_rounds.
 */
bool presence_tell(struct worker *w);
/* Whenever the clock ticks: the same, when it is time. More wants a tick soon.
 */
bool presence_tick(struct worker *w);
/* No connection is left: post all that has changed. */
void presence_end(struct worker *w);

#endif
