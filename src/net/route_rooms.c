/*
 * route_rooms: the names that a route's templates make. A template with
 * several lists in it makes one name for each combination of their words, so
 * all lists are found and counted first: what comes to more names than a
 * connection may have rooms is refused before one of them is put together.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "net/route.h"
#include "proto/http.h"

enum { QUERY_NAME_MAX = 127 };

/* What one part of a template stands for here: a word, or a list of them. */
struct words {
	struct slice text;         /* one word, or several with commas */
	const struct cJSON *claim; /* NULL: text */
	bool is_list;              /* commas separate */
};

/* One template on its way to names: parts are put behind each other. */
struct expansion {
	const struct route_source *source;
	const struct template *template;
	struct words *words; /* one for each part of the template */
	size_t used;         /* of the scratch */
	bool is_chosen;
	char name[ROOM_NAME_MAX];
	route_visit_fn visit;
	void *arg;
	const char **why;
};

/* --- finding and counting --- */

static size_t count_commas(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == ',';
	return count;
}

/* {query.name}: the decoded value's commas separate several rooms. */
static int find_query(
    struct expansion *x, struct slice key, struct words *words, size_t *count)
{
	const struct route_source *source = x->source;
	char *value = source->scratch + x->used;
	char name[QUERY_NAME_MAX + 1];
	struct slice raw;
	size_t times;
	long len;

	*x->why = "a query parameter that names the room is missing";
	if (key.len > QUERY_NAME_MAX)
		return 400;
	memcpy(name, key.ptr, key.len);
	name[key.len] = '\0';
	if (!http_query_find(source->query, name, &raw, &times))
		return 400;
	*x->why = "a query parameter that names the room is given twice";
	if (times > 1)
		return 400;
	*x->why = "a query parameter that names the room is too long";
	if (raw.len > source->size - x->used)
		return 400;
	*x->why = "broken percent-encoding in the query";
	len = http_percent_decode(raw, true, value);
	if (len < 0)
		return 400;
	x->used += (size_t)len;
	words->text = slice_of(value, (size_t)len);
	words->is_list = true;
	*count = 1 + count_commas(words->text);
	return 0;
}

struct counting {
	size_t count;
	size_t max;
};

/* Further ones make no difference. */
static int count_text(void *arg, struct slice text)
{
	struct counting *c = arg;

	(void)text;
	return ++c->count > c->max;
}

static int find_claim(
    struct expansion *x, struct slice name, struct words *words, size_t *count)
{
	struct counting c = { 0, x->source->max };
	int status;

	words->claim = identity_find(x->source->identity, name);
	status =
	    words->claim ? identity_visit(words->claim, count_text, &c) : 0;
	*count = c.count;
	if (status >= 0 && c.count > 0)
		return 0;
	*x->why = "a claim that names the room is missing or has no text";
	return 403;
}

static int find_user(struct expansion *x, struct words *words)
{
	*x->why = "the authenticator names no user";
	if (!x->source->identity->user)
		return 403;
	words->text = slice_str(x->source->identity->user);
	return 0;
}

static int find_words(struct expansion *x, const struct template_part *part,
    struct words *words, size_t *count)
{
	*words = (struct words){ .text = part->name };
	*count = 1;
	switch (part->source) {
	case TEMPLATE_LITERAL:
		break;
	case TEMPLATE_PATH:
		words->text = x->source->match->segments[part->index];
		break;
	case TEMPLATE_QUERY:
		return find_query(x, part->name, words, count);
	case TEMPLATE_USER:
		return find_user(x, words);
	case TEMPLATE_CLAIM:
		return find_claim(x, part->name, words, count);
	}
	return 0;
}

/* All parts of the template. Counts are at least 1, so none is too early. */
static int find_all(struct expansion *x)
{
	const struct template *t = x->template;
	size_t names = 1;

	for (size_t i = 0; i < t->part_count; i++) {
		size_t count;
		int status = find_words(x, &t->parts[i], &x->words[i], &count);

		if (status != 0)
			return status;
		*x->why = "too many rooms";
		if (count > x->source->max / names)
			return 400;
		names *= count;
	}
	return 0;
}

/* --- putting together --- */

/* Where it stands: the next part, the name so far. */
struct position {
	size_t part;
	size_t len;
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

static int expand_list(
    struct expansion *x, struct position at, struct slice list)
{
	for (;;) {
		const char *comma =
		    list.len > 0 ? memchr(list.ptr, ',', list.len) : NULL;
		size_t len = comma ? (size_t)(comma - list.ptr) : list.len;
		int status = expand_text(x, at, slice_of(list.ptr, len));

		if (status != 0 || !comma)
			return status;
		list = slice_after(list, len + 1);
	}
}

struct claim_walk {
	struct expansion *x;
	struct position at;
};

static int expand_claim_text(void *arg, struct slice text)
{
	struct claim_walk *walk = arg;

	return expand_text(walk->x, walk->at, text);
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
	const struct words *words = &x->words[at.part];
	struct claim_walk walk = { x, at };

	if (at.part == x->template->part_count)
		return finish_name(x, at.len);
	if (words->claim)
		return identity_visit(words->claim, expand_claim_text, &walk);
	if (words->is_list)
		return expand_list(x, at, words->text);
	return expand_text(x, at, words->text);
}

static bool has_choice(const struct template *t)
{
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].source == TEMPLATE_PATH ||
		    t->parts[i].source == TEMPLATE_QUERY)
			return true;
	return false;
}

static int expand_template(struct expansion *x, const struct template *t)
{
	const struct position begin = { 0 };
	int status;

	*x->why = "out of memory";
	x->words = try_alloc(t->part_count * sizeof *x->words);
	if (!x->words)
		return 503;
	x->template = t;
	x->used = x->source->match->scratch_used;
	x->is_chosen = has_choice(t);
	status = find_all(x);
	if (status == 0)
		status = expand(x, begin);
	free(x->words);
	return status;
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
	int status = 0;

	for (size_t i = 0; i < route->rooms.count && status == 0; i++)
		status = expand_template(&x, &route->templates[i]);
	return status;
}
