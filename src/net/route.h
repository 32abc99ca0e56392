/*
 * route: which route a request's path takes.
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

struct route_match {
	enum refused why; /* REFUSED_NOT, REFUSED_PATH or REFUSED_ROUTE */
	const struct conf_route *route; /* NULL unless it is REFUSED_NOT */
	/* Decoded; side by side in memory, this many bytes from the first. */
	struct slice segments[PATTERN_MAX_SEGMENTS];
	size_t count;
	size_t size;
};

/*
 * Find the first route that matches. The segments are in scratch, which holds
 * at least path.len bytes. *match is whole where none does, too.
 */
void route_find(const struct conf *conf, struct slice path, char *scratch,
    struct route_match *match);

/* One that needs no scratch, for the caller to free; NULL: memory is out. */
struct route_match *route_match_copy(const struct route_match *match);

#endif
