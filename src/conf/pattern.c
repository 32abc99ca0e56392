/*
 * pattern: see pattern.h. Paths and templates share the spelling of a
 * {placeholder}; both are small, so segments and parts are plain arrays.
 */
#include "conf/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/suggest.h"
#include "proto/names.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static bool holds_only(struct slice s, const char *chars)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr(chars, s.ptr[i]))
			return false;
	return true;
}

static bool is_parameter_name(struct slice s)
{
	return s.len > 0 && !strchr(DIGITS, s.ptr[0]) &&
	       holds_only(s, LETTERS DIGITS "_");
}

/* For messages: a name cut to what fits well in a line. */
static int shown(struct slice s)
{
	return s.len > 64 ? 64 : (int)s.len;
}

static int compile_parameter(
    struct pattern *p, struct pattern_segment *s, struct err *e)
{
	s->is_parameter = true;
	s->name = slice_of(s->name.ptr + 1, s->name.len - 2);
	if (!is_parameter_name(s->name))
		return err_set(e, -EINVAL,
		    "a parameter's name is letters, digits and _, and does "
		    "not begin with a digit");
	if (slice_eq(s->name, slice_str("user")))
		return err_set(e, -EINVAL,
		    "{user} is reserved for who the client has proved to be; "
		    "choose another name");
	for (const struct pattern_segment *other = p->segments; other < s;
	     other++)
		if (other->is_parameter && slice_eq(other->name, s->name))
			return err_set(e, -EINVAL,
			    "the parameter {%.*s} is there twice",
			    shown(s->name), s->name.ptr);
	return 0;
}

static int check_literal(struct slice s, struct err *e)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '{' || s.ptr[i] == '}')
			return err_set(e, -EINVAL,
			    "a parameter is a whole segment of the path, as "
			    "in /ws/{room}");
		if (s.ptr[i] == '%')
			return err_set(e, -EINVAL,
			    "a path is written decoded, without '%%'");
		if (strchr("?# ", s.ptr[i]))
			return err_set(
			    e, -EINVAL, "a path holds no '?', '#' or space");
	}
	return 0;
}

static int compile_segment(
    struct pattern *p, struct slice text, bool is_last, struct err *e)
{
	struct pattern_segment *s = &p->segments[p->segment_count];

	if (p->segment_count == PATTERN_MAX_SEGMENTS)
		return err_set(e, -EINVAL, "has more than %d segments",
		    PATTERN_MAX_SEGMENTS);
	p->segment_count++;
	s->name = text;
	if (text.len == 0 && !is_last)
		return err_set(e, -EINVAL, "holds an empty segment ('//')");
	if (text.len >= 2 && text.ptr[0] == '{' &&
	    memchr(text.ptr, '}', text.len) == text.ptr + text.len - 1)
		return compile_parameter(p, s, e);
	return check_literal(text, e);
}

int pattern_compile(struct pattern *p, const char *text, struct err *e)
{
	const char *at;

	*p = (struct pattern){ .text = xstrdup(text) };
	if (text[0] != '/') {
		pattern_fini(p);
		return err_set(e, -EINVAL, "must begin with '/'");
	}
	at = p->text;
	while (*at) {
		size_t len = strcspn(at + 1, "/");
		bool is_last = at[1 + len] == '\0';

		if (compile_segment(p, slice_of(at + 1, len), is_last, e) < 0) {
			pattern_fini(p);
			return -EINVAL;
		}
		at += 1 + len;
	}
	return 0;
}

void pattern_fini(struct pattern *p)
{
	free(p->text);
	*p = (struct pattern){ 0 };
}

bool pattern_match(
    const struct pattern *p, const struct slice *segments, size_t count)
{
	if (count != p->segment_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct pattern_segment *s = &p->segments[i];

		if (s->is_parameter ? segments[i].len == 0
				    : !slice_eq(s->name, segments[i]))
			return false;
	}
	return true;
}

bool pattern_covers(const struct pattern *a, const struct pattern *b)
{
	if (a->segment_count != b->segment_count)
		return false;
	for (size_t i = 0; i < a->segment_count; i++) {
		const struct pattern_segment *x = &a->segments[i];
		const struct pattern_segment *y = &b->segments[i];

		/* A parameter is never empty, but a literal may be. */
		if (x->is_parameter
			? !y->is_parameter && y->name.len == 0
			: y->is_parameter || !slice_eq(x->name, y->name))
			return false;
	}
	return true;
}

bool pattern_is_same(const struct pattern *a, const struct pattern *b)
{
	if (a->segment_count != b->segment_count)
		return false;
	for (size_t i = 0; i < a->segment_count; i++) {
		const struct pattern_segment *x = &a->segments[i];
		const struct pattern_segment *y = &b->segments[i];

		if (x->is_parameter != y->is_parameter ||
		    (!x->is_parameter && !slice_eq(x->name, y->name)))
			return false;
	}
	return true;
}

static int refuse_parameter(
    struct slice name, const struct pattern *p, struct err *e)
{
	char *word = xstrndup(name.ptr, name.len);
	struct suggest s = suggest_begin(slice_str(word));
	const char *best = NULL;
	char *known[PATTERN_MAX_SEGMENTS] = { NULL };

	for (size_t i = 0; i < p->segment_count; i++) {
		if (!p->segments[i].is_parameter)
			continue;
		known[i] =
		    xstrndup(p->segments[i].name.ptr, p->segments[i].name.len);
		suggest_offer(&s, known[i]);
	}
	best = s.best;
	err_set(e, -EINVAL, "the path has no parameter {%.*s}%s%s%s",
	    shown(name), name.ptr, best ? "; did you mean {" : "",
	    best ? best : "", best ? "}?" : "");
	for (size_t i = 0; i < p->segment_count; i++)
		free(known[i]);
	free(word);
	return -EINVAL;
}

static int resolve_claim(
    struct template_part *part, size_t prefix_len, struct err *e)
{
	part->source = TEMPLATE_CLAIM;
	part->name =
	    slice_of(part->name.ptr + prefix_len, part->name.len - prefix_len);
	if (!claim_name_is_valid(part->name))
		return err_set(e, -EINVAL,
		    "{claim.NAME} needs a name of letters, digits, '_', '.', "
		    "'-', ':' and '/'");
	return 0;
}

static int resolve_query(
    struct template_part *part, size_t prefix_len, struct err *e)
{
	part->source = TEMPLATE_QUERY;
	part->name =
	    slice_of(part->name.ptr + prefix_len, part->name.len - prefix_len);
	if (!query_name_is_valid(part->name))
		return err_set(e, -EINVAL,
		    "{query.NAME} needs a name of letters, digits, '_', '.' "
		    "and '-'");
	return 0;
}

/* part->name is what stands between the braces. */
static int resolve_placeholder(
    struct template_part *part, const struct pattern *p, struct err *e)
{
	struct slice name = part->name;
	struct slice query = slice_str("query."), claim = slice_str("claim.");

	if (slice_starts_with(name, query))
		return resolve_query(part, query.len, e);
	if (slice_starts_with(name, claim))
		return resolve_claim(part, claim.len, e);
	if (slice_eq(name, slice_str("user"))) {
		part->source = TEMPLATE_USER;
		return 0;
	}
	if (!is_parameter_name(name))
		return err_set(e, -EINVAL,
		    "a placeholder is {PARAMETER} of the path, {query.NAME}, "
		    "{user} or {claim.NAME}");
	for (size_t i = 0; i < p->segment_count; i++) {
		if (!p->segments[i].is_parameter ||
		    !slice_eq(p->segments[i].name, name))
			continue;
		part->source = TEMPLATE_PATH;
		part->index = i;
		return 0;
	}
	return refuse_parameter(name, p, e);
}

static struct template_part *add_part(struct template *t, struct slice name)
{
	t->parts =
	    xrealloc_array(t->parts, t->part_count + 1, sizeof *t->parts);
	t->parts[t->part_count] = (struct template_part){
		.source = TEMPLATE_LITERAL,
		.name = name,
	};
	return &t->parts[t->part_count++];
}

static int compile_placeholder(
    struct template *t, const char **at, const struct pattern *p, struct err *e)
{
	size_t len = strcspn(*at + 1, "{}");

	if ((*at)[1 + len] != '}')
		return err_set(e, -EINVAL, "has a '{' without its '}'");
	*at += len + 2;
	return resolve_placeholder(
	    add_part(t, slice_of(*at - len - 1, len)), p, e);
}

static int compile_parts(
    struct template *t, const struct pattern *p, struct err *e)
{
	const char *at = t->text;
	size_t literal_bytes = 0, placeholder_count = 0;

	while (*at) {
		size_t len = strcspn(at, "{},");

		if (len > 0)
			add_part(t, slice_of(at, len));
		literal_bytes += len;
		at += len;
		if (*at == '}')
			return err_set(e, -EINVAL, "has a '}' without its '{'");
		if (*at == ',')
			return err_set(
			    e, -EINVAL, "a room's name holds no comma");
		if (*at != '{')
			continue;
		if (compile_placeholder(t, &at, p, e) < 0)
			return -EINVAL;
		placeholder_count++;
	}
	if (literal_bytes > ROOM_NAME_MAX)
		return err_set(e, -EINVAL, "a room's name has at most %d bytes",
		    ROOM_NAME_MAX);
	if (literal_bytes + placeholder_count > ROOM_NAME_MAX)
		return err_set(e, -EINVAL,
		    "a room's name has at most %d bytes: none is left for a "
		    "placeholder",
		    ROOM_NAME_MAX);
	return t->part_count ? 0 : err_set(e, -EINVAL, "must not be empty");
}

int template_compile(struct template *t, const char *text,
    const struct pattern *p, struct err *e)
{
	*t = (struct template){ .text = xstrdup(text) };
	if (compile_parts(t, p, e) == 0)
		return 0;
	template_fini(t);
	return -EINVAL;
}

bool template_has_choice(const struct template *t)
{
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].source == TEMPLATE_PATH ||
		    t->parts[i].source == TEMPLATE_QUERY)
			return true;
	return false;
}

void template_fini(struct template *t)
{
	free(t->text);
	free(t->parts);
	*t = (struct template){ 0 };
}
