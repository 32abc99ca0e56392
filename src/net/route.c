#include "net/route.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/http_query.h"

/* Decode the segments of a path that begins with '/', if there are not many. */
static enum refused split_path(
    struct slice path, char *scratch, struct route_match *match)
{
	const char *at = path.ptr + 1, *end = path.ptr + path.len;
	bool has_all = true;

	match->count = match->size = 0;
	for (;; at++) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		struct slice raw =
		    slice_of(at, (size_t)((slash ? slash : end) - at));
		char *to = scratch + match->size;
		long len = http_percent_decode(raw, false, to);

		if (len < 0)
			return REFUSED_PATH;
		match->size += (size_t)len;
		if (match->count < PATTERN_MAX_SEGMENTS)
			match->segments[match->count++] =
			    slice_of(to, (size_t)len);
		else
			has_all = false;
		if (!slash)
			break;
		at = slash;
	}
	return has_all ? REFUSED_NOT : REFUSED_ROUTE;
}

static const struct conf_route *first_that_matches(
    const struct conf *conf, const struct route_match *match)
{
	for (size_t i = 0; i < conf->routes.count; i++) {
		const struct conf_route *route = &conf->routes.items[i];

		if (pattern_match(
			&route->pattern, match->segments, match->count))
			return route;
	}
	return NULL;
}

void route_find(const struct conf *conf, struct slice path, char *scratch,
    struct route_match *match)
{
	match->route = NULL;
	match->why = split_path(path, scratch, match);
	if (match->why != REFUSED_NOT)
		return;
	match->route = first_that_matches(conf, match);
	if (!match->route)
		match->why = REFUSED_ROUTE;
}

struct route_match *route_match_copy(const struct route_match *match)
{
	struct route_match *copy = try_alloc(sizeof *copy + match->size);
	const char *from = match->count > 0 ? match->segments[0].ptr : NULL;
	char *to;

	if (!copy)
		return NULL;
	*copy = *match;
	to = (char *)(copy + 1);
	if (match->size > 0)
		memcpy(to, from, match->size);
	for (size_t i = 0; i < match->count; i++)
		copy->segments[i].ptr = to + (match->segments[i].ptr - from);
	return copy;
}
