/*
 * route: which route a request's path takes, and which rooms it names.
 *
 * Everything is percent-decoded exactly once, then compared and checked, so
 * that what is matched and what is joined are the same bytes.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "conf/conf.h"
#include "core/refused.h"
#include "net/identity.h"

struct route_match {
	const struct conf_route *route;
	struct slice segments[PATTERN_MAX_SEGMENTS]; /* decoded, into scratch */
	size_t scratch_used;
};

/*
 * Find the first route that matches. scratch holds at least path.len bytes.
 * Returns REFUSED_NOT, REFUSED_PATH or REFUSED_ROUTE.
 */
enum refused route_find(const struct conf *conf, struct slice path,
    char *scratch, struct route_match *match);

/* What room names are made of. */
struct route_source {
	const struct route_match *match;
	struct slice query;
	const struct identity *identity;
	char *scratch; /* what route_find was given */
	size_t size;   /* of scratch */
	size_t max;    /* names that one template may make, duplicates too */
};

/*
 * Call visit with the name of each room that the route's templates make;
 * names are checked. is_chosen: the client had a hand in it, by path or query.
 * visit returns REFUSED_NOT to go on, else what is returned at once.
 * REFUSED_ROOMS before the first visit of a template that makes more than
 * source->max names.
 */
typedef enum refused (*route_visit_fn)(
    void *arg, struct slice room, bool is_chosen);
enum refused route_rooms(
    const struct route_source *source, route_visit_fn visit, void *arg);

#endif
