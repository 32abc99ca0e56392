/*
 * route_rooms: see route_rooms.h. A template with several lists in it makes one
 * name for each combination of their words, so all lists are found and counted
 * first: what comes to more names than a connection may have rooms is refused
 * before one of them is put together.
 */
#include "net/route_rooms.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/http_query.h"
#include "proto/names.h"

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
static enum refused find_query(
    struct expansion *x, struct slice key, struct words *words, size_t *count)
{
	const struct route_source *source = x->source;
	char *value = source->scratch + x->used;
	char name[QUERY_NAME_MAX + 1];
	struct slice raw;
	size_t times;
	long len;

	if (key.len > QUERY_NAME_MAX)
		return REFUSED_QUERY_MISSING;
	memcpy(name, key.ptr, key.len);
	name[key.len] = '\0';
	if (!http_query_find(source->query, name, &raw, &times))
		return REFUSED_QUERY_MISSING;
	if (times > 1)
		return REFUSED_QUERY_TWICE;
	if (raw.len > source->size - x->used)
		return REFUSED_QUERY_LONG;
	len = http_percent_decode(raw, true, value);
	if (len < 0)
		return REFUSED_QUERY_ENCODING;
	x->used += (size_t)len;
	words->text = slice_of(value, (size_t)len);
	words->is_list = true;
	*count = 1 + count_commas(words->text);
	return REFUSED_NOT;
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

static enum refused find_claim(
    struct expansion *x, struct slice name, struct words *words, size_t *count)
{
	struct counting c = { 0, x->source->max };
	int status;

	words->claim = identity_find(x->source->identity, name);
	status =
	    words->claim ? identity_visit(words->claim, count_text, &c) : 0;
	*count = c.count;
	return status >= 0 && c.count > 0 ? REFUSED_NOT : REFUSED_CLAIM;
}

static enum refused find_user(struct expansion *x, struct words *words)
{
	if (!x->source->identity->user)
		return REFUSED_NO_USER;
	words->text = slice_str(x->source->identity->user);
	return REFUSED_NOT;
}

static enum refused find_words(struct expansion *x,
    const struct template_part *part, struct words *words, size_t *count)
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
	return REFUSED_NOT;
}

/* All parts of the template. Counts are at least 1, so none is too early. */
static enum refused find_all(struct expansion *x)
{
	const struct template *t = x->template;
	size_t names = 1;

	for (size_t i = 0; i < t->part_count; i++) {
		size_t count;
		enum refused why =
		    find_words(x, &t->parts[i], &x->words[i], &count);

		if (why != REFUSED_NOT)
			return why;
		if (count > x->source->max / names)
			return REFUSED_ROOMS;
		names *= count;
	}
	return REFUSED_NOT;
}

/* --- putting together --- */

/* Where it stands: the next part, the name so far. */
struct position {
	size_t part;
	size_t len;
};

static enum refused expand(struct expansion *x, struct position at);

static enum refused expand_text(
    struct expansion *x, struct position at, struct slice text)
{
	if (text.len > sizeof x->name - at.len)
		return REFUSED_ROOM_LONG;
	memcpy(x->name + at.len, text.ptr, text.len);
	at.part++;
	at.len += text.len;
	return expand(x, at);
}

static enum refused expand_list(
    struct expansion *x, struct position at, struct slice list)
{
	for (;;) {
		const char *comma =
		    list.len > 0 ? memchr(list.ptr, ',', list.len) : NULL;
		size_t len = comma ? (size_t)(comma - list.ptr) : list.len;
		enum refused why = expand_text(x, at, slice_of(list.ptr, len));

		if (why != REFUSED_NOT || !comma)
			return why;
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

	return (int)expand_text(walk->x, walk->at, text);
}

static enum refused finish_name(struct expansion *x, size_t len)
{
	struct slice name = slice_of(x->name, len);

	return room_name_is_valid(name) ? x->visit(x->arg, name, x->is_chosen)
					: REFUSED_ROOM_NAME;
}

/* Put the part at this position, and all behind it, to the name. */
static enum refused expand(struct expansion *x, struct position at)
{
	const struct words *words = &x->words[at.part];
	struct claim_walk walk = { x, at };

	if (at.part == x->template->part_count)
		return finish_name(x, at.len);
	if (words->claim) /* counted before: all of it are texts */
		return (enum refused)identity_visit(
		    words->claim, expand_claim_text, &walk);
	if (words->is_list)
		return expand_list(x, at, words->text);
	return expand_text(x, at, words->text);
}

static enum refused expand_template(
    struct expansion *x, const struct template *t)
{
	const struct position begin = { 0 };
	enum refused why;

	x->words = try_alloc(t->part_count * sizeof *x->words);
	if (!x->words)
		return REFUSED_MEMORY;
	x->template = t;
	x->used = 0;
	x->is_chosen = template_has_choice(t);
	why = find_all(x);
	if (why == REFUSED_NOT)
		why = expand(x, begin);
	free(x->words);
	return why;
}

enum refused route_rooms(
    const struct route_source *source, route_visit_fn visit, void *arg)
{
	const struct conf_route *route = source->match->route;
	struct expansion x = {
		.source = source,
		.visit = visit,
		.arg = arg,
	};
	enum refused why = REFUSED_NOT;

	for (size_t i = 0; i < route->rooms.count && why == REFUSED_NOT; i++)
		why = expand_template(&x, &route->templates[i]);
	return why;
}
