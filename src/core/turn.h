/*
 * turn: the thread of a worker, turn by turn.
 *
 * One turn: libevent runs what is readable; then some dirty connections are
 * flushed; some messages are taken from the mailbox and fanned out to their
 * members' queues (core/turn_mail), and those are flushed as well; then some of
 * what is large is written (core/bulk), and the dead are reaped. A turn is
 * bounded in messages, bytes and connections, so that a big room never holds up
 * a handshake. Batches form by themselves: what comes while a big room is
 * written to goes along to those members whose turn has not come, and to the
 * others when it comes again.
 */
#ifndef CORE_TURN_H
#define CORE_TURN_H

#include <stdbool.h>

#include "base/err.h"

struct worker;

/*
 * Put the worker's events on its base: 0, or a negative errno with e filled.
 * The transport is started after it. Main thread.
 */
int turn_open(struct worker *w, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Take back what turn_open has made, all or a part of it, and drop the mail
 * that nobody will handle. The thread has ended or never began.
 */
void turn_close(struct worker *w);

/*
 * The thread's body: turn until MAIL_DRAIN has come and no connection is left,
 * then post MAIL_WORKER_DONE. The transport has been started by then.
 */
void turn_run(struct worker *w);

/*
 * The steps of a turn around turn_take_mail, for who turns a worker by hand:
 * turn_flush before it and behind it, then turn_reap. The worker's thread.
 */

/*
 * Flush dirty connections, in order; those that linger leave their rooms. Takes
 * how many may be flushed and returns how many of these are left: a turn has
 * TURN_FLUSHES, before it takes mail and behind that.
 */
enum { TURN_FLUSHES = 256 };
unsigned turn_flush(struct worker *w, unsigned most);

/* Take the dead out of their rooms and free them. */
void turn_reap(struct worker *w);

#endif
