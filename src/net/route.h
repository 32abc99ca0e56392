/*
 * route: which route a request's path takes, and which rooms it names.
 *
 * Everything is percent-decoded exactly once, then compared and checked, so
 * that what is matched and what is joined are the same bytes.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stddef.h>

#include "base/slice.h"
#include "conf/conf.h"

struct route_match {
	const struct conf_route *route;
	struct slice segments[PATTERN_MAX_SEGMENTS]; /* decoded, into scratch */
	size_t scratch_used;
};

/*
 * Find the first route that matches. scratch holds at least path.len bytes.
 * Returns 0, or the HTTP status to answer (400, 404) with *why.
 */
int route_find(const struct conf *conf, struct slice path, char *scratch,
    struct route_match *match, const char **why);

/*
 * Call visit with the name of each room that the route's templates make of
 * this request; names are checked. visit returns 0 to go on, else a status to
 * answer and *why. size is scratch's, what the path used included. Returns 0,
 * or the status.
 */
typedef int (*route_visit_fn)(void *arg, struct slice room, const char **why);
int route_rooms(const struct route_match *match, struct slice query,
    char *scratch, size_t size, route_visit_fn visit, void *arg,
    const char **why);

#endif
