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
	const struct route_source *source;
	const struct template *template;
	bool is_chosen;
	char name[ROOM_NAME_MAX];
	route_visit_fn visit;
	void *arg;
	const char **why;
};

/* Where it stands: the next part, the name so far, the scratch in use. */
struct position {
	size_t part;
	size_t len;
	size_t used;
};

static int expand(struct expansion *x, struct position at);

static int expand_text(
    struct expansion *x, struct position at, struct slice text)
{
	*x->why = "a room name is too long";
	if (text.len > sizeof x->name - at.len)
		return 400;
	memcpy(x->name + at.len, text.ptr, text.len);
	at.part++;
	at.len += text.len;
	return expand(x, at);
}

/* {query.name}: the decoded value's commas separate several rooms. */
static int expand_query(struct expansion *x, struct position at)
{
	const struct route_source *source = x->source;
	struct slice key = x->template->parts[at.part].name;
	char *value = source->scratch + at.used;
	char name[128];
	struct slice raw;
	size_t times;
	long left;

	*x->why = "a query parameter that names the room is missing";
	if (key.len >= sizeof name)
		return 400;
	memcpy(name, key.ptr, key.len);
	name[key.len] = '\0';
	if (!http_query_find(source->query, name, &raw, &times))
		return 400;
	*x->why = "a query parameter that names the room is given twice";
	if (times > 1)
		return 400;
	*x->why = "broken percent-encoding in the query";
	if (raw.len > source->size - at.used)
		return 400;
	left = http_percent_decode(raw, true, value);
	if (left < 0)
		return 400;
	at.used += (size_t)left;
	for (;;) {
		const char *comma = memchr(value, ',', (size_t)left);
		long word = comma ? comma - value : left;
		int status = expand_text(x, at, slice_of(value, (size_t)word));

		if (status != 0 || !comma)
			return status;
		value += word + 1;
		left -= word + 1;
	}
}

static int expand_user(struct expansion *x, struct position at)
{
	*x->why = "the authenticator names no user";
	if (!x->source->identity->user)
		return 403;
	return expand_text(x, at, slice_str(x->source->identity->user));
}

struct claim_walk {
	struct expansion *x;
	struct position at;
	bool has_text;
};

static int expand_claim_text(void *arg, struct slice text)
{
	struct claim_walk *walk = arg;

	walk->has_text = true;
	return expand_text(walk->x, walk->at, text);
}

static int expand_claim(struct expansion *x, struct position at)
{
	struct claim_walk walk = { x, at, false };
	struct slice name = x->template->parts[at.part].name;
	int status =
	    identity_claim(x->source->identity, name, expand_claim_text, &walk);

	if (status > 0 || (status == 0 && walk.has_text))
		return status;
	*x->why = "a claim that names the room is missing or has no text";
	return 403;
}

static int finish_name(struct expansion *x, size_t len)
{
	struct slice name = slice_of(x->name, len);

	*x->why = "a room name that is not allowed";
	return room_name_is_valid(name)
		   ? x->visit(x->arg, name, x->is_chosen, x->why)
		   : 400;
}

/* Put the part at this position, and all behind it, to the name. */
static int expand(struct expansion *x, struct position at)
{
	const struct template_part *p = &x->template->parts[at.part];

	if (at.part == x->template->part_count)
		return finish_name(x, at.len);
	switch (p->source) {
	case TEMPLATE_LITERAL:
		return expand_text(x, at, p->name);
	case TEMPLATE_PATH:
		return expand_text(x, at, x->source->match->segments[p->index]);
	case TEMPLATE_QUERY:
		return expand_query(x, at);
	case TEMPLATE_USER:
		return expand_user(x, at);
	case TEMPLATE_CLAIM:
		return expand_claim(x, at);
	}
	return 500;
}

static bool has_choice(const struct template *t)
{
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].source == TEMPLATE_PATH ||
		    t->parts[i].source == TEMPLATE_QUERY)
			return true;
	return false;
}

int route_rooms(const struct route_source *source, route_visit_fn visit,
    void *arg, const char **why)
{
	const struct conf_route *route = source->match->route;
	struct expansion x = {
		.source = source,
		.visit = visit,
		.arg = arg,
		.why = why,
	};

	for (size_t i = 0; i < route->rooms.count; i++) {
		const struct position begin = {
			.used = source->match->scratch_used
		};
		int status;

		x.template = &route->templates[i];
		x.is_chosen = has_choice(x.template);
		status = expand(&x, begin);
		if (status != 0)
			return status;
	}
	return 0;
}
