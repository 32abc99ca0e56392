/*
 * admit: whether a request may become a session, and in which rooms. The
 * cheap checks first, then who it is, then its rooms.
 */
#ifndef NET_ADMIT_H
#define NET_ADMIT_H

#include "core/refused.h"
#include "net/identity.h"
#include "net/request.h"

struct conn;

/*
 * Check the request, its route and origin, and the token where its route's
 * authenticator wants one: *id is then filled. A hook is not asked here. Sets
 * c->route, c->form and *r->match. REFUSED_NOT, or why not; *detail is set when
 * there is more to say.
 */
enum refused admit_check(struct conn *c, const struct request *r,
    struct identity *id, const char **detail);

/* The deflate window that was agreed on; 0: its messages are plain. */
unsigned admit_window_bits(const struct conn *c);

/*
 * Join the rooms of the request for this identity, and its user's.
 * REFUSED_NOT, or why not.
 */
enum refused admit_rooms(
    struct conn *c, const struct request *r, const struct identity *id);

#endif
