/*
 * route_rooms: the names of rooms that a route's templates make of a request
 * and of who the client is.
 */
#ifndef NET_ROUTE_ROOMS_H
#define NET_ROUTE_ROOMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "core/refused.h"
#include "net/identity.h"
#include "net/route.h"

/* What room names are made of. */
struct route_source {
	const struct route_match *match;
	struct slice query;
	const struct identity *identity;
	char *scratch; /* for what is decoded of the query */
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
