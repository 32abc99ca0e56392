/*
 * flush: the last stretch of a message's way. What has gathered in a
 * connection's backlog is written with one writev at the end of the turn; its
 * own control frames at once when they can be. The worker's thread.
 */
#ifndef CORE_FLUSH_H
#define CORE_FLUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/slice.h"

struct conn;

/*
 * Write what waits, up to the turn's share; answer a WAITING one whose rooms
 * are all watched by now. True when the connection should stay dirty: there is
 * more and the socket still takes it.
 */
bool flush(struct conn *c);

/*
 * One write of the first message that waits for an OPEN or CLOSING one, or of
 * what is left of it, and of control frames: at most so many bytes. How many
 * have left, or -errno: the socket takes no more, or the connection has died.
 */
ssize_t flush_first(struct conn *c, size_t most)
    __attribute__((warn_unused_result));

/*
 * Send bytes of whole control frames, or of a handshake's answer, ahead of what
 * is queued: at once when nothing is, and the connection is not WAITING. After
 * the queue instead when last is true: nothing can follow then. -ENOMEM:
 * nothing has left. 0 otherwise, also when the connection has died, as where a
 * part has left and the rest cannot be kept.
 */
int flush_control(struct conn *c, struct slice frames, bool last)
    __attribute__((warn_unused_result));

/*
 * The transport may hold bytes that the socket did not take: see that they
 * are sent when it does.
 */
void flush_unsent(struct conn *c);

#endif
