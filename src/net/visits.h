/*
 * visits: what is kept of clients' requests until their connections end, for
 * the line that says so. A worker's, and its thread's alone.
 *
 * A path is kept for each connection; an origin and a user agent, of which
 * there are few pairs among many clients, once for all that have come with
 * both. Nobody but the log asks for it: what there is no memory for is not
 * kept.
 */
#ifndef NET_VISITS_H
#define NET_VISITS_H

#include "base/map.h"
#include "net/visit.h"

struct conn;

struct visits {
	struct map callers; /* by origin and agent */
};

void visits_init(struct visits *v);
/* Of connections all must have been dropped. */
void visits_fini(struct visits *v);

/* Keep this of a connection of which nothing is kept yet. */
void visits_keep(struct visits *v, struct conn *c, const struct visit *visit);

/* What is kept of it, borrowed until it is dropped, or an empty one. */
void visits_read(const struct conn *c, struct visit *visit);

/* Keep it no longer, if at all. */
void visits_drop(struct visits *v, struct conn *c);

#endif
