/*
 * admit: whether a request may become a session, and in which rooms. The
 * cheap checks first, then who it is, then its rooms.
 */
#ifndef NET_ADMIT_H
#define NET_ADMIT_H

#include "base/slice.h"
#include "net/identity.h"
#include "proto/http.h"

struct conn;

/* A request head that is complete, and what has come with it. */
struct request {
	struct http_head *head;
	struct slice bytes; /* from the head's first byte on */
};

enum { ADMIT_ASK = 0, ADMIT_FINE = 101 };

/*
 * Check the request, its route and origin, and the token where its route's
 * authenticator wants one: *id is then filled. ADMIT_FINE, ADMIT_ASK when the
 * hook must be asked first, or the status to refuse with and *why. Sets
 * c->route and c->form.
 */
int admit_check(struct conn *c, const struct request *r, struct identity *id,
    const char **why);

/*
 * Join the rooms of the request for this identity, and its user's. Returns
 * ADMIT_FINE, or the status to refuse with and *why.
 */
int admit_rooms(struct conn *c, const struct request *r,
    const struct identity *id, const char **why);

#endif
