#include "net/route.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/http_query.h"

/* Decode the segments of a path that begins with '/'; -1 when it cannot be. */
static int split_path(
    struct slice path, char *scratch, struct route_match *match)
{
	const char *at = path.ptr + 1, *end = path.ptr + path.len;
	size_t used = 0;
	int count = 0;

	for (;; at++) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		struct slice raw =
		    slice_of(at, (size_t)((slash ? slash : end) - at));
		long len = http_percent_decode(raw, false, scratch + used);

		if (len < 0)
			return -1;
		if (count < PATTERN_MAX_SEGMENTS)
			match->segments[count] =
			    slice_of(scratch + used, (size_t)len);
		count++;
		used += (size_t)len;
		if (!slash)
			break;
		at = slash;
	}
	match->size = used;
	return count;
}

enum refused route_find(const struct conf *conf, struct slice path,
    char *scratch, struct route_match *match)
{
	int count = split_path(path, scratch, match);

	if (count < 0)
		return REFUSED_PATH;
	if (count > PATTERN_MAX_SEGMENTS)
		return REFUSED_ROUTE;
	for (size_t i = 0; i < conf->routes.count; i++) {
		match->route = &conf->routes.items[i];
		if (pattern_match(
			&match->route->pattern, match->segments, (size_t)count))
			return REFUSED_NOT;
	}
	return REFUSED_ROUTE;
}

struct route_match *route_match_copy(const struct route_match *match)
{
	struct route_match *copy = try_alloc(sizeof *copy + match->size);
	const char *from = match->segments[0].ptr;
	char *to;

	if (!copy)
		return NULL;
	*copy = *match;
	to = (char *)(copy + 1);
	memcpy(to, from, match->size);
	for (size_t i = 0; i < match->route->pattern.segment_count; i++)
		copy->segments[i].ptr = to + (match->segments[i].ptr - from);
	return copy;
}
