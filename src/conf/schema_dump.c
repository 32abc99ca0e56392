/*
 * schema_dump: the effective values of a struct as YAML in block style, in
 * the order of the rows. A text that is not set is there as a comment, so
 * that the dump shows every key.
 */
#include <string.h>

#include "conf/schema.h"
#include "conf/schema_member.h"

static void indent(struct buf *out, unsigned depth)
{
	buf_printf(out, "%*s", (int)(2 * depth), "");
}

static void dump_rows(const struct schema_row *rows, const void *base,
    struct buf *out, unsigned depth);

static void dump_scalar(const struct schema_row *row, const void *base,
    struct buf *out, unsigned depth)
{
	struct buf value = { 0 };

	indent(out, depth);
	if (schema_print_value(row, base, &value))
		buf_printf(
		    out, "%s: %.*s\n", row->key, (int)value.len, value.data);
	else
		buf_printf(out, "# %s: not set\n", row->key);
	buf_fini(&value);
}

static void dump_texts(const struct schema_row *row, const void *base,
    struct buf *out, unsigned depth)
{
	struct schema_items list = schema_load_items(row, base);

	indent(out, depth);
	if (list.count == 0 && row->min > 0) {
		buf_printf(out, "# %s: not set\n", row->key);
		return;
	}
	buf_printf(out, "%s: [", row->key);
	for (size_t i = 0; i < list.count; i++) {
		struct schema_row item = schema_text_of(row, i);

		buf_puts(out, i ? ", " : "");
		(void)schema_print_value(&item, list.items, out);
	}
	buf_puts(out, "]\n");
}

static void dump_list(const struct schema_row *row, const void *base,
    struct buf *out, unsigned depth)
{
	struct schema_items list = schema_load_items(row, base);

	indent(out, depth);
	if (list.count == 0) {
		buf_printf(out, "# %s: not set\n", row->key);
		return;
	}
	buf_printf(out, "%s:\n", row->key);
	for (size_t i = 0; i < list.count; i++) {
		const char *items = list.items;
		size_t start = out->len;

		dump_rows(
		    row->rows, items + i * row->item_size, out, depth + 2);
		/* Into the indentation of the item's first key. */
		out->data[start + 2 * ((size_t)depth + 1)] = '-';
	}
}

static void dump_named(const struct schema_row *row, const void *base,
    struct buf *out, unsigned depth)
{
	struct schema_items list = schema_load_items(row, base);

	indent(out, depth);
	buf_printf(out, "%s:%s\n", row->key, list.count ? "" : " {}");
	for (size_t i = 0; i < list.count; i++) {
		const char *item =
		    (const char *)list.items + i * row->item_size;
		const char *name;

		memcpy(&name, item, sizeof name);
		indent(out, depth + 1);
		buf_printf(out, "\"%s\":\n", name);
		dump_rows(row->rows, item, out, depth + 2);
	}
}

bool schema_is_left_out(const struct schema_row *map, const void *inner)
{
	const struct schema_row *first = &map->rows[0];
	struct buf ignored = { 0 };
	bool is_set = !first->is_required;

	if (first->type == SCHEMA_TEXTS)
		is_set = is_set || schema_load_items(first, inner).count > 0;
	else
		is_set = is_set || schema_print_value(first, inner, &ignored);
	buf_fini(&ignored);
	return !is_set;
}

/* Whether nothing but comments would stand in it. */
static bool is_bare(const struct schema_row *rows, const void *base)
{
	struct buf ignored = { 0 };
	bool is_set = false;

	for (; rows->key && !is_set; rows++)
		is_set = rows->type != SCHEMA_TEXT ||
			 schema_print_value(rows, base, &ignored);
	buf_fini(&ignored);
	return !is_set;
}

static void dump_map(const struct schema_row *row, const void *base,
    struct buf *out, unsigned depth)
{
	const void *inner = (const char *)base + row->within;

	indent(out, depth);
	if (row->zero && !schema_is_on(row, base)) {
		buf_printf(out, "%s: %s\n", row->key, row->zero);
		return;
	}
	if (schema_is_left_out(row, inner)) {
		buf_printf(out, "# %s: not set\n", row->key);
		return;
	}
	buf_printf(
	    out, "%s:%s\n", row->key, is_bare(row->rows, inner) ? " {}" : "");
	dump_rows(row->rows, inner, out, depth + 1);
}

static void dump_row(const struct schema_row *row, const void *base,
    struct buf *out, unsigned depth)
{
	switch (row->type) {
	case SCHEMA_MAP:
		dump_map(row, base, out, depth);
		break;
	case SCHEMA_LIST:
		dump_list(row, base, out, depth);
		break;
	case SCHEMA_NAMED:
		dump_named(row, base, out, depth);
		break;
	case SCHEMA_TEXTS:
		dump_texts(row, base, out, depth);
		break;
	default:
		dump_scalar(row, base, out, depth);
	}
}

static void dump_rows(const struct schema_row *rows, const void *base,
    struct buf *out, unsigned depth)
{
	for (const struct schema_row *row = rows; row->key; row++)
		if (schema_is_there(rows, row, base))
			dump_row(row, base, out, depth);
}

void schema_dump(
    const struct schema_row *rows, const void *base, struct buf *out)
{
	dump_rows(rows, base, out, 0);
}
