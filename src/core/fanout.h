/*
 * fanout: from the worker's mailbox to its connections' queues.
 */
#ifndef CORE_FANOUT_H
#define CORE_FANOUT_H

#include <stdbool.h>

struct message;
struct worker;

/*
 * Handle mail up to the turn's bounds. True when some is left. The worker's
 * thread, with no connection dirty.
 */
bool fanout_take_mail(struct worker *w);

/*
 * Flush dirty connections, in order. Takes how many may be flushed and returns
 * how many of these are left: a turn has FANOUT_TURN_FLUSHES, in one sweep or
 * in two. The worker's thread.
 */
enum { FANOUT_TURN_FLUSHES = 512 };
unsigned fanout_flush(struct worker *w, unsigned most);

#endif
