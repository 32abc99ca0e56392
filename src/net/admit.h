/*
 * admit: whether a request may become a session, and in which rooms. The
 * cheap checks first, then who it is, then its rooms.
 */
#ifndef NET_ADMIT_H
#define NET_ADMIT_H

#include <stdbool.h>

#include "core/refused.h"
#include "net/identity.h"
#include "net/request.h"
#include "net/verdict.h"

struct conn;
struct jwks;

/*
 * Check the request, its route and origin, and the token or the certificate
 * where its route's authenticator wants one: *id is then filled. A hook is not
 * asked here. Sets c->route and c->form.
 */
struct verdict admit_check(
    struct conn *c, const struct request *r, struct identity *id);

/* Check the token once more, by the keys for which it has waited. */
struct verdict admit_check_token(const struct conn *c, const struct request *r,
    struct jwks *j, struct identity *id);

/* Whether the app has the word on the connection's route. */
bool admit_asks_app(const struct conn *c);

/* The deflate window that was agreed on; 0: its messages are plain. */
unsigned admit_window_bits(const struct conn *c);

/*
 * Join its user's room and those of the request for this identity.
 * REFUSED_NOT, or why not.
 */
enum refused admit_rooms(
    struct conn *c, const struct request *r, const struct identity *id);

#endif
