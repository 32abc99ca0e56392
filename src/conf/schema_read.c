/*
 * schema_read: from nodes to structs. Walks the document in its own order,
 * looks each key up in the rows, and goes on after every mistake, so that one
 * run reports them all.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "conf/schema.h"
#include "conf/schema_hint.h"
#include "conf/schema_member.h"

enum { QUOTE_MAX = 40 };

static void read_row(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m);

/* Whether its value is free text: it may be secret, and is not quoted. */
static bool is_free_text(const struct schema_row *row)
{
	return row->type == SCHEMA_TEXT && !row->words;
}

/* Take back the presets of rows that are not there in base. */
static void clear_others(const struct schema_row *rows, void *base)
{
	for (const struct schema_row *row = rows; row->key; row++) {
		if (schema_is_there(rows, row, base))
			continue;
		schema_free_member(row, base);
		memset((char *)base + row->offset, 0, row->width);
	}
}

static const char *kind_name(const struct node *n)
{
	static const char *const names[] = {
		[NODE_NULL] = "nothing",
		[NODE_SCALAR] = "a single value",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a map",
		[NODE_REFUSED] = "an alias",
	};

	return names[n->kind];
}

/* The key that a single value in place of a map is most likely of, or NULL. */
static const char *first_key(
    const struct schema_row *rows, const struct node *n)
{
	bool is_text =
	    rows && (rows->type == SCHEMA_TEXT || rows->type == SCHEMA_WORD);

	return is_text && n->kind == NODE_SCALAR ? rows->key : NULL;
}

static void refuse_kind(const struct schema_row *row, struct node *n,
    const char *expected, struct mistakes *m)
{
	bool is_unquoted = n->kind == NODE_MAP && is_free_text(row);
	const char *key = first_key(row->rows, n);

	if (key)
		mistakes_at(m, n,
		    "must be %s, not %s; did you mean [{%s: ...}]?", expected,
		    kind_name(n), key);
	else
		mistakes_at(m, n, "must be %s, not %s%s", expected,
		    kind_name(n),
		    is_unquoted ? " (a text that begins with '{' needs quotes)"
				: "");
}

/*
 * Refuse a value and quote it, unless it may be a secret: what the environment
 * filled in, whose variables a mistake names, and texts.
 */
static void refuse_value(const struct schema_row *row, struct node *n,
    const char *why, struct mistakes *m)
{
	const char *text = n->text;
	size_t kept = utf8_fit(slice_str(text), QUOTE_MAX);

	if (is_free_text(row) || n->variables.len > 0)
		mistakes_at(m, n, "%s", why);
	else
		mistakes_at(m, n, "is '%.*s%s' but %s", (int)kept, text,
		    text[kept] ? "..." : "", why);
}

static void read_scalar(const struct schema_row *row, struct node *n,
    void *base, struct mistakes *m)
{
	bool is_null = n->kind == NODE_NULL;
	struct err e;

	if (is_null && row->takes_null && n->text && !strcmp(n->text, "null"))
		schema_preset_value(row, base, n->text);
	else if (is_null)
		mistakes_at(m, n, "has no value%s",
		    row->may_be_empty ? " (\"\" turns it off)" : "");
	else if (n->kind != NODE_SCALAR)
		refuse_kind(row, n, "a single value", m);
	else if (schema_store_value(row, base, n->value, &e) < 0)
		refuse_value(row, n, e.text, m);
}

/* Whether n has items, as many as the row wants; else a mistake. */
static bool has_items(
    const struct schema_row *row, struct node *n, struct mistakes *m)
{
	bool is_named = row->type == SCHEMA_NAMED;
	enum node_kind kind = is_named ? NODE_MAP : NODE_LIST;
	const char *expected = is_named            ? "a map"
			       : row->may_be_alone ? "a text or a list"
						   : "a list";

	if (n->kind != kind && n->kind != NODE_NULL) {
		refuse_kind(row, n, expected, m);
		return false;
	}
	if ((int64_t)n->count < row->min || (int64_t)n->count > row->max) {
		mistakes_at(m, n,
		    "must have %" PRId64 " to %" PRId64 " items, not %zu",
		    row->min, row->max, n->count);
		return false;
	}
	return true;
}

static void refuse_twice(
    struct schema_items list, struct node *n, struct mistakes *m)
{
	char *const *texts = list.items;

	for (size_t i = 1; i < list.count; i++) {
		for (size_t k = 0; texts[i] && k < i; k++) {
			if (!texts[k] || strcmp(texts[i], texts[k]) != 0)
				continue;
			mistakes_at(m, n->children[i], "is there twice");
			break;
		}
	}
}

static void read_texts(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m)
{
	bool is_alone = row->may_be_alone && n->kind == NODE_SCALAR;
	struct schema_items list = { .count = is_alone ? 1 : n->count };

	if (!is_alone && !has_items(row, n, m))
		return;
	list.items = xcalloc(list.count, sizeof(char *));
	for (size_t i = 0; i < list.count; i++) {
		struct schema_row item = schema_text_of(row, i);

		read_row(&item, is_alone ? n : n->children[i], list.items, m);
	}
	if (row->is_distinct)
		refuse_twice(list, n, m);
	schema_free_member(row, base);
	schema_store_items(row, base, list);
}

static void read_name(const struct schema_row *row, struct node *n, void *item,
    struct mistakes *m)
{
	char *name = xstrdup(n->key.name);
	struct err e;

	memcpy(item, &name, sizeof name);
	if (!n->has_mistake && row->check(name, &e) < 0)
		mistakes_at_key(m, n, "%s", e.text);
}

static void read_item(const struct schema_row *row, struct node *n, void *item,
    struct mistakes *m)
{
	bool is_refused = n->has_mistake;

	schema_preset(row->rows, item);
	if (row->type == SCHEMA_NAMED)
		read_name(row, n, item, m);
	if (is_refused)
		return;
	schema_read(row->rows, n, item, m);
	clear_others(row->rows, item);
	if (row->complete)
		row->complete(item, n, m);
}

static void read_items(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m)
{
	struct schema_items list = { .count = n->count };

	if (!has_items(row, n, m))
		return;
	list.items = xcalloc(list.count, row->item_size);
	for (size_t i = 0; i < list.count; i++)
		read_item(row, n->children[i],
		    (char *)list.items + i * row->item_size, m);
	schema_free_member(row, base);
	schema_store_items(row, base, list);
}

/* A map, or the word that stands for none. */
static void read_switch(const struct schema_row *row, struct node *n,
    void *base, struct mistakes *m)
{
	bool is_on = n->kind == NODE_MAP;
	struct buf why = { 0 };

	memcpy((char *)base + row->offset, &is_on, sizeof is_on);
	if (is_on) {
		schema_read(row->rows, n, schema_within(row, base), m);
		return;
	}
	if (n->kind == NODE_SCALAR && !strcmp(n->value, row->zero))
		return;
	buf_printf(&why, "must be %s or a map", row->zero);
	buf_putn(&why, "", 1);
	if (n->kind == NODE_SCALAR)
		refuse_value(row, n, why.data, m);
	else
		mistakes_at(m, n, "%s, not %s%s", why.data, kind_name(n),
		    n->kind == NODE_NULL ? " ({} takes the defaults)" : "");
	buf_fini(&why);
}

static void read_row(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m)
{
	if (n->has_mistake)
		return;
	switch (row->type) {
	case SCHEMA_MAP:
		if (row->zero)
			read_switch(row, n, base, m);
		else
			schema_read(row->rows, n, schema_within(row, base), m);
		break;
	case SCHEMA_LIST:
	case SCHEMA_NAMED:
		read_items(row, n, base, m);
		break;
	case SCHEMA_TEXTS:
		read_texts(row, n, base, m);
		break;
	default:
		read_scalar(row, n, base, m);
	}
}

/* A key that is the name of something: there are few, and they are told. */
static void refuse_name(
    const struct schema_row *rows, struct node *n, struct mistakes *m)
{
	struct buf names = { 0 };

	for (const struct schema_row *row = rows; row->key; row++)
		buf_printf(&names, "%s%s", row == rows ? "" : ", ", row->key);
	buf_putn(&names, "", 1);
	mistakes_at_key(m, n, "unknown name; there are %s", names.data);
	buf_fini(&names);
}

static void refuse_key(
    const struct schema_row *rows, struct node *n, struct mistakes *m)
{
	struct buf meant = { 0 };

	if (schema_hint(rows, n->key.name, &meant))
		mistakes_at_key(
		    m, n, "unknown key; did you mean %s?", meant.data);
	else
		mistakes_at_key(m, n, "unknown key");
	buf_fini(&meant);
}

/* The word of rows[0], on which others depend; NULL when it is not known. */
static const char *find_word(
    const struct schema_row *rows, const struct node *map)
{
	const struct node *n = node_child(map, rows[0].key);

	if (rows[0].type != SCHEMA_WORD || !n || n->kind != NODE_SCALAR)
		return NULL;
	for (size_t i = 0; rows[0].words[i]; i++)
		if (!strcmp(rows[0].words[i], n->value))
			return rows[0].words[i];
	return NULL;
}

static void read_key(const struct schema_row *rows, const char *word,
    struct node *n, void *base, struct mistakes *m)
{
	const struct schema_row *row = schema_find(rows, n->key.name);

	if (n->has_mistake)
		return;
	if (!row && rows[0].is_name)
		refuse_name(rows, n, m);
	else if (!row)
		refuse_key(rows, n, m);
	else if (row->only && word && strcmp(row->only, word) != 0)
		mistakes_at_key(
		    m, n, "belongs to %s %s", rows[0].key, row->only);
	else
		read_row(row, n, base, m);
}

void schema_read(const struct schema_row *rows, struct node *map, void *base,
    struct mistakes *m)
{
	const char *word = find_word(rows, map);
	const char *key = first_key(rows, map);

	if (key) {
		mistakes_at(m, map,
		    "must be a map, not a single value; did you mean {%s: "
		    "...}?",
		    key);
		return;
	}
	if (map->kind != NODE_MAP && map->kind != NODE_NULL) {
		mistakes_at(m, map, "must be a map, not %s", kind_name(map));
		return;
	}
	for (size_t i = 0; i < map->count; i++)
		read_key(rows, word, map->children[i], base, m);
	for (const struct schema_row *row = rows; row->key; row++)
		if (row->is_required && !node_child(map, row->key) &&
		    (!row->only || (word && !strcmp(row->only, word))))
			mistakes_missing(m, map, row->key);
}
