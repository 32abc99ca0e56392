/*
 * deliver: into a connection's backlog, once for each message and member. The
 * worker's thread.
 */
#ifndef CORE_DELIVER_H
#define CORE_DELIVER_H

struct conn;
struct delivery;

/*
 * Queue a message: WAITING and OPEN connections take it, others, and those that
 * are behind, ignore it. A reader whose queue is full meets
 * delivery.slow_consumer here.
 */
void deliver(struct conn *c, struct delivery *d);

/*
 * Queue what a connection has missed. It comes in pages that fit, so none of it
 * makes a reader slow. OPEN.
 */
void deliver_behind(struct conn *c, struct delivery *d);

#endif
