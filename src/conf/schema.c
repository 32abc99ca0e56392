/*
 * schema: from nodes to structs. Walks the document in its own order, looks
 * each key up in the rows, and goes on after every mistake, so that one run
 * reports them all.
 */
#include "conf/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/suggest.h"

enum { QUOTE_MAX = 40 };

static void read_row(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m);

static bool is_text(const struct schema_row *row)
{
	return row->type == SCHEMA_TEXT;
}

static bool is_scalar(const struct schema_row *row)
{
	return row->type < SCHEMA_TEXTS;
}

static const struct schema_row *find_row(
    const struct schema_row *rows, const char *key)
{
	for (; rows->key; rows++)
		if (!strcmp(rows->key, key))
			return rows;
	return NULL;
}

/* A row that refuses its own default is a fault of the table. */
static void preset_value(
    const struct schema_row *row, void *base, const char *text)
{
	if (schema_store_value(row, base, text, NULL) < 0)
		abort();
}

static void preset_item(const struct schema_row *row, void *base)
{
	struct schema_items list = {
		.items = xcalloc(1, row->item_size),
		.count = 1,
	};

	schema_preset(row->rows, list.items);
	preset_value(&row->rows[0], list.items, row->preset);
	schema_store_items(row, base, list);
}

void schema_preset(const struct schema_row *rows, void *base)
{
	for (const struct schema_row *row = rows; row->key; row++) {
		if (row->type == SCHEMA_MAP)
			schema_preset(row->rows, base);
		else if (row->type == SCHEMA_LIST && row->preset)
			preset_item(row, base);
		else if (is_scalar(row) && row->preset)
			preset_value(row, base, row->preset);
	}
}

static void free_items(const struct schema_row *row, void *base)
{
	struct schema_items list = schema_load_items(row, base);

	for (size_t i = 0; i < list.count; i++) {
		char *item = (char *)list.items + i * row->item_size;

		if (row->fini)
			row->fini(item);
		schema_fini(row->rows, item);
	}
	free(list.items);
	schema_store_items(row, base, (struct schema_items){ 0 });
}

static void free_texts(const struct schema_row *row, void *base)
{
	struct schema_items list = schema_load_items(row, base);
	char **texts = list.items;

	for (size_t i = 0; i < list.count; i++)
		free(texts[i]);
	free(texts);
	schema_store_items(row, base, (struct schema_items){ 0 });
}

static void free_text(const struct schema_row *row, void *base)
{
	char **text = (char **)(void *)((char *)base + row->offset);

	free(*text);
	*text = NULL;
}

void schema_fini(const struct schema_row *rows, void *base)
{
	for (const struct schema_row *row = rows; row->key; row++) {
		if (row->type == SCHEMA_MAP)
			schema_fini(row->rows, base);
		else if (row->type == SCHEMA_LIST)
			free_items(row, base);
		else if (row->type == SCHEMA_TEXTS)
			free_texts(row, base);
		else if (row->type == SCHEMA_TEXT)
			free_text(row, base);
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

static void refuse_kind(const struct schema_row *row, struct node *n,
    const char *expected, struct mistakes *m)
{
	bool is_unquoted = n->kind == NODE_MAP && is_text(row);

	mistakes_at(m, n, "must be %s, not %s%s", expected, kind_name(n),
	    is_unquoted ? " (a text that begins with '{' needs quotes)" : "");
}

/*
 * Refuse a value and quote it, as it is written in the file: what the
 * environment filled in may be a secret. Texts, which may hold one in the
 * file itself, are not quoted at all.
 */
static void refuse_value(const struct schema_row *row, struct node *n,
    const char *why, struct mistakes *m)
{
	const char *text = n->text;
	size_t len = strlen(text), kept = len;

	if (len > QUOTE_MAX)
		for (kept = QUOTE_MAX; (text[kept] & 0xc0) == 0x80;)
			kept--;
	if (is_text(row))
		mistakes_at(m, n, "%s", why);
	else
		mistakes_at(m, n, "is '%.*s%s' but %s", (int)kept, text,
		    kept < len ? "..." : "", why);
}

static void read_scalar(const struct schema_row *row, struct node *n,
    void *base, struct mistakes *m)
{
	struct err e;

	if (n->kind == NODE_NULL)
		mistakes_at(m, n, "has no value%s",
		    row->may_be_empty ? " (\"\" turns it off)" : "");
	else if (n->kind != NODE_SCALAR)
		refuse_kind(row, n, "a single value", m);
	else if (schema_store_value(row, base, n->value, &e) < 0)
		refuse_value(row, n, e.text, m);
}

/* Whether n is a list of as many items as the row wants; else a mistake. */
static bool is_list(
    const struct schema_row *row, struct node *n, struct mistakes *m)
{
	if (n->kind != NODE_LIST && n->kind != NODE_NULL) {
		refuse_kind(row, n, "a list", m);
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

static void read_texts(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m)
{
	struct schema_items list = { .count = n->count };
	struct schema_row item = *row;

	if (!is_list(row, n, m))
		return;
	list.items = xcalloc(list.count, sizeof(char *));
	item.type = SCHEMA_TEXT;
	for (size_t i = 0; i < list.count; i++) {
		item.offset = i * sizeof(char *);
		read_row(&item, n->children[i], list.items, m);
	}
	free_texts(row, base);
	schema_store_items(row, base, list);
}

static void read_list(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m)
{
	struct schema_items list = { .count = n->count };

	if (!is_list(row, n, m))
		return;
	list.items = xcalloc(list.count, row->item_size);
	for (size_t i = 0; i < list.count; i++) {
		char *item = (char *)list.items + i * row->item_size;
		struct node *child = n->children[i];

		schema_preset(row->rows, item);
		if (child->has_mistake)
			continue;
		schema_read(row->rows, child, item, m);
		if (row->complete)
			row->complete(item, child, m);
	}
	free_items(row, base);
	schema_store_items(row, base, list);
}

static void read_row(const struct schema_row *row, struct node *n, void *base,
    struct mistakes *m)
{
	if (n->has_mistake)
		return;
	switch (row->type) {
	case SCHEMA_MAP:
		schema_read(row->rows, n, base, m);
		break;
	case SCHEMA_LIST:
		read_list(row, n, base, m);
		break;
	case SCHEMA_TEXTS:
		read_texts(row, n, base, m);
		break;
	case SCHEMA_LATER:
		mistakes_at_key(m, n, "is not in this version yet");
		break;
	default:
		read_scalar(row, n, base, m);
	}
}

/* The map among rows that has this key, for a key one level too high. */
static const struct schema_row *find_below(
    const struct schema_row *rows, const char *key)
{
	for (; rows->key; rows++)
		if (rows->type == SCHEMA_MAP && find_row(rows->rows, key))
			return rows;
	return NULL;
}

static void refuse_key(
    const struct schema_row *rows, struct node *n, struct mistakes *m)
{
	const char *key = n->key.name;
	const struct schema_row *below = find_below(rows, key);
	struct suggest s = suggest_begin(key);

	for (const struct schema_row *row = rows; row->key; row++)
		if (row->type != SCHEMA_LATER)
			suggest_offer(&s, row->key);
	if (below)
		mistakes_at_key(
		    m, n, "unknown key; did you mean %s.%s?", below->key, key);
	else if (s.best)
		mistakes_at_key(m, n, "unknown key; did you mean %s?", s.best);
	else
		mistakes_at_key(m, n, "unknown key");
}

void schema_read(const struct schema_row *rows, struct node *map, void *base,
    struct mistakes *m)
{
	if (map->kind != NODE_MAP && map->kind != NODE_NULL) {
		mistakes_at(m, map, "must be a map, not %s", kind_name(map));
		return;
	}
	for (size_t i = 0; i < map->count; i++) {
		struct node *n = map->children[i];
		const struct schema_row *row = find_row(rows, n->key.name);

		if (row)
			read_row(row, n, base, m);
		else if (!n->has_mistake)
			refuse_key(rows, n, m);
	}
	for (const struct schema_row *row = rows; row->key; row++)
		if (row->is_required && !node_child(map, row->key))
			mistakes_missing(m, map, row->key);
}
