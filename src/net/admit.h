/*
 * admit: whether a request may become a session, and in which rooms. The
 * cheap checks first, then who it is, then its rooms.
 */
#ifndef NET_ADMIT_H
#define NET_ADMIT_H

#include "base/slice.h"
#include "core/refused.h"
#include "net/identity.h"
#include "proto/http.h"

struct conn;

/* A request head that is complete, and what has come with it. */
struct request {
	struct http_head *head;
	struct slice bytes; /* from the head's first byte on */
};

/*
 * Check the request, its route and origin, and the token where its route's
 * authenticator wants one: *id is then filled. A hook is not asked here. Sets
 * c->route and c->form. REFUSED_NOT, or why not; *detail is set when there is
 * more to say.
 */
enum refused admit_check(struct conn *c, const struct request *r,
    struct identity *id, const char **detail);

/*
 * Join the rooms of the request for this identity, and its user's.
 * REFUSED_NOT, or why not.
 */
enum refused admit_rooms(
    struct conn *c, const struct request *r, const struct identity *id);

#endif
