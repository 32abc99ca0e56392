/*
 * yamldoc: see yamldoc.h. Recursive descent over libyaml's events; the depth
 * bound is also what bounds our stack.
 *
 * What makes the rest unreadable (syntax, a bound) ends the reading with one
 * mistake; what is only not wanted (an alias, a tag, a key twice) is noted
 * and read past, so that it is reported together with all the others.
 */
#include "conf/yamldoc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/file.h"
#include "base/mem.h"

struct reader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	struct mistakes *mistakes;
};

static int read_node(struct reader *r, const yaml_event_t *event,
    struct node *n, unsigned depth);

/* libyaml's reader knows only the offset of the byte that it refuses. */
static void add_encoding_mistake(struct reader *r)
{
	size_t offset = r->parser.problem_offset;
	size_t line = 1, column = 1;

	if (offset > r->len)
		offset = r->len;
	for (size_t i = 0; i < offset; i++) {
		if (r->text[i] == '\n') {
			line++;
			column = 1;
		} else if ((r->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	mistakes_add(
	    r->mistakes, line, column, "syntax: %s", r->parser.problem);
}

static void add_syntax_mistake(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	size_t line = p->problem_mark.line + 1;
	size_t column = p->problem_mark.column + 1;

	if (p->error == YAML_READER_ERROR)
		add_encoding_mistake(r);
	else if (p->error == YAML_MEMORY_ERROR)
		mistakes_add(r->mistakes, 1, 1, "syntax: out of memory");
	else if (p->context)
		mistakes_add(r->mistakes, line, column,
		    "syntax: %s %s that starts at %zu:%zu", p->problem,
		    p->context, p->context_mark.line + 1,
		    p->context_mark.column + 1);
	else
		mistakes_add(
		    r->mistakes, line, column, "syntax: %s", p->problem);
}

static int next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return 0;
	add_syntax_mistake(r);
	return -EINVAL;
}

static const char *event_text(const yaml_event_t *event)
{
	return (const char *)event->data.scalar.value;
}

/* A text in memory ends at its first NUL, which "\0" can bring. */
static bool has_nul(const yaml_event_t *event)
{
	return strlen(event_text(event)) != event->data.scalar.length;
}

static bool is_null(const yaml_event_t *event)
{
	static const char *const spellings[] = { "", "~", "null", "Null",
		"NULL" };

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
		if (!strcmp(event_text(event), spellings[i]))
			return true;
	return false;
}

static void read_scalar(
    struct reader *r, const yaml_event_t *event, struct node *n)
{
	n->text = xstrdup(event_text(event));
	if (is_null(event))
		return;
	n->kind = NODE_SCALAR;
	if (has_nul(event))
		mistakes_at(r->mistakes, n, "holds a NUL character");
}

static int read_list(struct reader *r, struct node *n, unsigned depth)
{
	int rc = 0;

	n->kind = NODE_LIST;
	while (rc == 0) {
		yaml_event_t event;
		bool is_end;

		if (next_event(r, &event) < 0)
			return -EINVAL;
		is_end = event.type == YAML_SEQUENCE_END_EVENT;
		if (!is_end)
			rc = read_node(r, &event, node_add(n, NULL), depth + 1);
		yaml_event_delete(&event);
		if (is_end)
			return 0;
	}
	return rc;
}

/* Read past a key that goes on for several events: a list or a map. */
static int skip_key(struct reader *r, const yaml_event_t *event, unsigned depth)
{
	struct node *nowhere;
	int rc;

	if (event->type == YAML_SCALAR_EVENT || event->type == YAML_ALIAS_EVENT)
		return 0;
	nowhere = node_new();
	rc = read_node(r, event, nowhere, depth);
	node_free(nowhere);
	return rc;
}

/* Make the child of n that this key names; *out is NULL only on failure. */
static int read_key(struct reader *r, const yaml_event_t *event, struct node *n,
    unsigned depth, struct node **out)
{
	bool is_text = event->type == YAML_SCALAR_EVENT && !has_nul(event);
	const char *name = is_text ? event_text(event) : "?";
	const struct node *first = is_text ? node_child(n, name) : NULL;
	struct node *child;

	if (n->count == YAMLDOC_MAX_KEYS) {
		mistakes_at(
		    r->mistakes, n, "has more than %d keys", YAMLDOC_MAX_KEYS);
		return -EINVAL;
	}
	child = node_add(n, name);
	child->key.line = event->start_mark.line + 1;
	child->key.column = event->start_mark.column + 1;
	if (!is_text)
		mistakes_at_key(r->mistakes, child, "a key must be a text");
	else if (first)
		mistakes_at_key(r->mistakes, child,
		    "is given twice, first in line %zu", first->key.line);
	*out = child;
	return skip_key(r, event, depth + 1);
}

static int read_value(struct reader *r, struct node *n, unsigned depth)
{
	yaml_event_t event;
	int rc;

	if (next_event(r, &event) < 0)
		return -EINVAL;
	rc = read_node(r, &event, n, depth);
	yaml_event_delete(&event);
	return rc;
}

static int read_map(struct reader *r, struct node *n, unsigned depth)
{
	n->kind = NODE_MAP;
	for (;;) {
		struct node *child = NULL;
		yaml_event_t event;
		int rc = 0;

		if (next_event(r, &event) < 0)
			return -EINVAL;
		if (event.type != YAML_MAPPING_END_EVENT)
			rc = read_key(r, &event, n, depth, &child);
		yaml_event_delete(&event);
		if (rc < 0 || !child)
			return rc;
		if (read_value(r, child, depth + 1) < 0)
			return -EINVAL;
	}
}

static void refuse_extras(struct reader *r, struct node *n,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		mistakes_at(r->mistakes, n,
		    "has an anchor (&%.64s): anchors are not supported",
		    (const char *)anchor);
	if (tag)
		mistakes_at(r->mistakes, n,
		    "has a tag (%.64s): tags are not supported",
		    (const char *)tag);
}

static int read_node(
    struct reader *r, const yaml_event_t *event, struct node *n, unsigned depth)
{
	n->line = event->start_mark.line + 1;
	n->column = event->start_mark.column + 1;
	if (depth > YAMLDOC_MAX_DEPTH) {
		mistakes_at(r->mistakes, n, "is nested more than %d deep",
		    YAMLDOC_MAX_DEPTH);
		return -EINVAL;
	}
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		refuse_extras(
		    r, n, event->data.scalar.anchor, event->data.scalar.tag);
		read_scalar(r, event, n);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		refuse_extras(r, n, event->data.sequence_start.anchor,
		    event->data.sequence_start.tag);
		return read_list(r, n, depth);
	case YAML_MAPPING_START_EVENT:
		refuse_extras(r, n, event->data.mapping_start.anchor,
		    event->data.mapping_start.tag);
		return read_map(r, n, depth);
	default: /* nothing else can stand here */
		n->kind = NODE_REFUSED;
		mistakes_at(r->mistakes, n,
		    "is an alias (*%.64s): aliases are not supported",
		    (const char *)event->data.alias.anchor);
		return 0;
	}
}

/* The stream's events around the nodes. */
static int read_stream(struct reader *r, struct node *root)
{
	unsigned documents = 0;

	for (;;) {
		yaml_event_t event;
		yaml_event_type_t type;
		yaml_mark_t at;

		if (next_event(r, &event) < 0)
			return -EINVAL;
		type = event.type;
		at = event.start_mark;
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT)
			return 0;
		if (type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (documents++ > 0) {
			mistakes_add(r->mistakes, at.line + 1, at.column + 1,
			    "syntax: a second document starts here; a "
			    "configuration is one");
			return -EINVAL;
		}
		if (read_value(r, root, 1) < 0)
			return -EINVAL;
	}
}

static struct node *parse(struct slice text, struct mistakes *m)
{
	struct reader r = { .text = text.ptr, .len = text.len, .mistakes = m };
	struct node *root;
	int rc;

	if (!yaml_parser_initialize(&r.parser)) {
		mistakes_add(m, 1, 1, "syntax: out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &r.parser, (const unsigned char *)text.ptr, text.len);
	root = node_new();
	root->line = root->column = 1;
	rc = read_stream(&r, root);
	yaml_parser_delete(&r.parser);
	if (rc == 0)
		return root;
	node_free(root);
	return NULL;
}

/* libyaml would take a mark for a column: the first key would stand aside. */
struct node *yamldoc_parse(const char *text, size_t len, struct mistakes *m)
{
	struct slice unmarked = slice_of(text, len);
	struct err e;

	if (len > YAMLDOC_MAX_BYTES)
		mistakes_add(m, 1, 1, "syntax: the file is larger than 1MiB");
	else if (file_pass_mark(&unmarked, &e) < 0)
		mistakes_add(m, 1, 1, "syntax: %s", e.text);
	else
		return parse(unmarked, m);
	return NULL;
}

const char *yamldoc_library(void)
{
	return yaml_get_version_string();
}
