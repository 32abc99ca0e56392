/*
 * bulk: large messages, for one connection after the other. A megabyte for a
 * whole room is more than a turn should take. So who is to be sent a large one
 * waits here, no longer for the next flush, and a turn writes a bounded number
 * of bytes, behind all that is small. Who has begun goes on before another one
 * begins: where all go on alike, all are late.
 *
 * A socket that takes no more leaves; when it takes more, what is left goes
 * ahead of all that has not begun. The worker's thread.
 */
#ifndef CORE_BULK_H
#define CORE_BULK_H

#include <stdbool.h>

#include "core/backlog.h"
#include "core/conn.h"

enum { BULK_BYTES = 512 << 10 }; /* that a turn writes */

/* Whether the message that goes first is large, and the socket may take it. */
static inline bool bulk_is_for(const struct conn *c)
{
	size_t len = c->only   ? backlog_frame(c, c->only).len
		     : c->outq ? outq_first(c->outq).len
			       : 0;

	return len > MESSAGE_LARGE && !c->is_blocked &&
	       (c->state == CONN_OPEN || c->state == CONN_CLOSING);
}

/* Whether anybody may be one of those. */
static inline bool bulk_is_of_use(const struct worker *w)
{
	return w->bulk.large > 0;
}

/* Take a connection, which is in no list, if it is one of those. */
bool bulk_takes(struct conn *c);

/* Write what a turn writes. True when there is more to write. */
bool bulk_turn(struct worker *w);

/* Whether somebody waits here. */
static inline bool bulk_is_busy(const struct worker *w)
{
	return w->bulk.begun.first || w->bulk.fresh.first;
}

#endif
