/*
 * schema_preset: what a struct holds before a file is read, and giving back
 * what its members own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "conf/schema.h"
#include "conf/schema_member.h"

static bool is_scalar(const struct schema_row *row)
{
	return row->type < SCHEMA_TEXTS;
}

void schema_preset_value(
    const struct schema_row *row, void *base, const char *text)
{
	if (schema_store_value(row, base, text, NULL) < 0)
		fatal("conf", "a row refuses its own default");
}

static void preset_item(const struct schema_row *row, void *base)
{
	struct schema_items list = {
		.items = xcalloc(1, row->item_size),
		.count = 1,
	};

	schema_preset(row->rows, list.items);
	schema_preset_value(&row->rows[0], list.items, row->preset);
	schema_store_items(row, base, list);
}

/* From "[a, b]". */
static void preset_texts(const struct schema_row *row, void *base)
{
	char *list = xstrndup(row->preset + 1, strlen(row->preset) - 2);
	char **texts = NULL, *rest = list, *text;
	size_t count = 0;

	while ((text = strsep(&rest, ","))) {
		struct schema_row item = schema_text_of(row, count);

		texts = xrealloc_array(texts, ++count, sizeof *texts);
		texts[count - 1] = NULL;
		schema_preset_value(&item, texts, text + strspn(text, " "));
	}
	schema_store_items(row, base, (struct schema_items){ texts, count });
	free(list);
}

void schema_preset(const struct schema_row *rows, void *base)
{
	for (const struct schema_row *row = rows; row->key; row++) {
		if (row->type == SCHEMA_MAP)
			schema_preset(row->rows, schema_within(row, base));
		else if (row->type == SCHEMA_LIST && row->preset)
			preset_item(row, base);
		else if (row->type == SCHEMA_TEXTS && row->preset)
			preset_texts(row, base);
		else if (is_scalar(row) && row->preset)
			schema_preset_value(row, base, row->preset);
	}
}

/* The name of an item: its first member. */
static char *load_name(const void *item)
{
	char *name;

	memcpy(&name, item, sizeof name);
	return name;
}

static void free_items(const struct schema_row *row, void *base)
{
	struct schema_items list = schema_load_items(row, base);

	for (size_t i = 0; i < list.count; i++) {
		char *item = (char *)list.items + i * row->item_size;

		if (row->fini)
			row->fini(item);
		schema_fini(row->rows, item);
		if (row->type == SCHEMA_NAMED)
			free(load_name(item));
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

void schema_free_member(const struct schema_row *row, void *base)
{
	if (row->type == SCHEMA_MAP)
		schema_fini(row->rows, schema_within(row, base));
	else if (row->type == SCHEMA_LIST || row->type == SCHEMA_NAMED)
		free_items(row, base);
	else if (row->type == SCHEMA_TEXTS)
		free_texts(row, base);
	else if (row->type == SCHEMA_TEXT)
		free_text(row, base);
}

void schema_fini(const struct schema_row *rows, void *base)
{
	for (const struct schema_row *row = rows; row->key; row++)
		schema_free_member(row, base);
}
