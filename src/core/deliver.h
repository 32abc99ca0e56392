/*
 * deliver: into a connection's backlog, once for each message and member. The
 * worker's thread.
 */
#ifndef CORE_DELIVER_H
#define CORE_DELIVER_H

#include <stdbool.h>

struct conn;
struct delivery;
struct run;

/*
 * Queue a message: WAITING and OPEN connections take it, others, and those that
 * are behind, ignore it. A reader whose queue is full meets
 * delivery.slow_consumer here. Whether it was queued, with a reference of its
 * own.
 */
bool deliver(struct conn *c, struct delivery *d);

/*
 * Queue several messages as one, which is quick. False: they are to be
 * delivered one after the other, where all at once would not be the same.
 */
bool deliver_run(struct conn *c, struct run *run);

/*
 * Queue what a connection has missed. It comes in pages that fit, so none of it
 * makes a reader slow. OPEN.
 */
void deliver_behind(struct conn *c, struct delivery *d);

#endif
