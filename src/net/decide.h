/*
 * decide: what becomes of a request whose head is complete. ASKING and WAITING
 * are on the way, where it is pending.
 */
#ifndef NET_DECIDE_H
#define NET_DECIDE_H

#include "core/closed.h"

struct conn;
struct request;

/*
 * Admit, ask, or refuse. What came is pending, or in scratch memory and copied
 * if needed; its path has been matched. HANDSHAKE.
 */
void decide(struct conn *c, const struct request *r);

/* All its rooms are watched, or one of them cannot be. WAITING. */
void decide_on_rooms_ready(struct conn *c);
void decide_on_room_refused(struct conn *c);

/* What it sends stays unread; it may have left. ASKING or WAITING. */
void decide_on_readable(struct conn *c);

/* The app or the backend has not answered in time. ASKING or WAITING. */
void decide_on_due(struct conn *c);

/* What would close it, were it in: it is refused. ASKING or WAITING. */
void decide_on_close(struct conn *c, enum close_reason reason);

#endif
