#include "net/route.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "proto/http.h"

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
	match->scratch_used = used;
	return count;
}

int route_find(const struct conf *conf, struct slice path, char *scratch,
    struct route_match *match, const char **why)
{
	int count = split_path(path, scratch, match);

	*why = "broken percent-encoding in the path";
	if (count < 0)
		return 400;
	*why = "no such route";
	if (count > PATTERN_MAX_SEGMENTS)
		return 404;
	for (size_t i = 0; i < conf->routes.count; i++) {
		match->route = &conf->routes.items[i];
		if (pattern_match(
			&match->route->pattern, match->segments, (size_t)count))
			return 0;
	}
	return 404;
}

/* One template on its way to names: parts are put behind each other. */
struct expansion {
	const struct route_match *match;
	const struct template *template;
	struct slice query;
	char *scratch; /* for decoded query values; a stack */
	size_t size;
	char name[ROOM_NAME_MAX];
	route_visit_fn visit;
	void *arg;
	const char **why;
};

static int expand(struct expansion *x, size_t part, size_t len, size_t used);

static int expand_text(struct expansion *x, size_t part, size_t len,
    size_t used, struct slice text)
{
	*x->why = "a room name is too long";
	if (text.len > sizeof x->name - len)
		return 400;
	memcpy(x->name + len, text.ptr, text.len);
	return expand(x, part + 1, len + text.len, used);
}

/* {query.name}: the decoded value's commas separate several rooms. */
static int expand_query(
    struct expansion *x, size_t part, size_t len, size_t used)
{
	const struct template_part *p = &x->template->parts[part];
	char *value = x->scratch + used;
	char name[128];
	struct slice raw;
	size_t times;
	long left;

	*x->why = "a query parameter that names the room is missing";
	if (p->name.len >= sizeof name)
		return 400;
	memcpy(name, p->name.ptr, p->name.len);
	name[p->name.len] = '\0';
	if (!http_query_find(x->query, name, &raw, &times))
		return 400;
	*x->why = "a query parameter that names the room is given twice";
	if (times > 1)
		return 400;
	*x->why = "broken percent-encoding in the query";
	if (raw.len > x->size - used)
		return 400;
	left = http_percent_decode(raw, true, value);
	if (left < 0)
		return 400;
	used += (size_t)left;
	for (;;) {
		const char *comma = memchr(value, ',', (size_t)left);
		long word = comma ? comma - value : left;
		int status = expand_text(
		    x, part, len, used, slice_of(value, (size_t)word));

		if (status != 0 || !comma)
			return status;
		value += word + 1;
		left -= word + 1;
	}
}

/* Put the parts from this one on behind the first len bytes of the name. */
static int expand(struct expansion *x, size_t part, size_t len, size_t used)
{
	const struct template_part *p = &x->template->parts[part];

	if (part == x->template->part_count) {
		struct slice name = slice_of(x->name, len);

		*x->why = "a room name that is not allowed";
		return room_name_is_valid(name) ? x->visit(x->arg, name, x->why)
						: 400;
	}
	switch (p->source) {
	case TEMPLATE_LITERAL:
		return expand_text(x, part, len, used, p->name);
	case TEMPLATE_PATH:
		return expand_text(
		    x, part, len, used, x->match->segments[p->index]);
	case TEMPLATE_QUERY:
		return expand_query(x, part, len, used);
	case TEMPLATE_USER:
	case TEMPLATE_CLAIM:
		break; /* no authenticator yet: conf refuses these */
	}
	return 500;
}

int route_rooms(const struct route_match *match, struct slice query,
    char *scratch, size_t size, route_visit_fn visit, void *arg,
    const char **why)
{
	struct expansion x = {
		.match = match,
		.query = query,
		.scratch = scratch,
		.size = size,
		.visit = visit,
		.arg = arg,
		.why = why,
	};

	for (size_t i = 0; i < match->route->rooms.count; i++) {
		int status;

		x.template = &match->route->templates[i];
		status = expand(&x, 0, 0, match->scratch_used);
		if (status != 0)
			return status;
	}
	return 0;
}
