/*
 * schema_json: the effective values of a struct as one JSON object, in the
 * order of the rows. Quantities with a unit and words are strings, spelt as in
 * a file; what is not set is null, so that every key is there.
 */
#include <string.h>

#include "base/ascii.h"
#include "conf/schema.h"
#include "conf/schema_member.h"
#include "proto/json_write.h"

/* What JSON has a spelling of its own for. */
static bool is_bare(struct slice text)
{
	uint64_t ignored;

	return slice_eq(text, slice_str("true")) ||
	       slice_eq(text, slice_str("false")) ||
	       ascii_number(text, UINT64_MAX, &ignored);
}

static void put_text(
    const struct schema_row *row, const void *base, struct buf *out)
{
	struct buf text = { 0 };

	if (schema_print_text(row, base, &text))
		json_put_string(out, buf_slice(&text));
	else
		buf_puts(out, "null");
	buf_fini(&text);
}

static void put_value(
    const struct schema_row *row, const void *base, struct buf *out)
{
	struct buf text = { 0 };

	(void)schema_print_value(row, base, &text);
	if (is_bare(buf_slice(&text)))
		buf_putn(out, text.data, text.len);
	else
		json_put_string(out, buf_slice(&text));
	buf_fini(&text);
}

static void put_texts(
    const struct schema_row *row, const void *base, struct buf *out)
{
	struct schema_items list = schema_load_items(row, base);

	buf_puts(out, "[");
	for (size_t i = 0; i < list.count; i++) {
		struct schema_row item = schema_text_of(row, i);

		buf_puts(out, i ? ", " : "");
		put_text(&item, list.items, out);
	}
	buf_puts(out, "]");
}

static const char *item_of(
    const struct schema_row *row, struct schema_items list, size_t i)
{
	return (const char *)list.items + i * row->item_size;
}

static void put_list(
    const struct schema_row *row, const void *base, struct buf *out)
{
	struct schema_items list = schema_load_items(row, base);

	buf_puts(out, "[");
	for (size_t i = 0; i < list.count; i++) {
		buf_puts(out, i ? ", " : "");
		schema_dump_json(row->rows, item_of(row, list, i), out);
	}
	buf_puts(out, "]");
}

static void put_named(
    const struct schema_row *row, const void *base, struct buf *out)
{
	struct schema_items list = schema_load_items(row, base);

	buf_puts(out, "{");
	for (size_t i = 0; i < list.count; i++) {
		const char *item = item_of(row, list, i);
		const char *name;

		memcpy(&name, item, sizeof name);
		buf_puts(out, i ? ", " : "");
		json_put_string(out, slice_str(name));
		buf_puts(out, ": ");
		schema_dump_json(row->rows, item, out);
	}
	buf_puts(out, "}");
}

static void put_map(
    const struct schema_row *row, const void *base, struct buf *out)
{
	const void *inner = (const char *)base + row->within;

	if (row->zero && !schema_is_on(row, base))
		json_put_string(out, slice_str(row->zero));
	else if (schema_is_left_out(row, inner))
		buf_puts(out, "null");
	else
		schema_dump_json(row->rows, inner, out);
}

static void put_row(
    const struct schema_row *row, const void *base, struct buf *out)
{
	switch (row->type) {
	case SCHEMA_MAP:
		put_map(row, base, out);
		break;
	case SCHEMA_LIST:
		put_list(row, base, out);
		break;
	case SCHEMA_NAMED:
		put_named(row, base, out);
		break;
	case SCHEMA_TEXTS:
		put_texts(row, base, out);
		break;
	case SCHEMA_TEXT:
		put_text(row, base, out);
		break;
	default:
		put_value(row, base, out);
	}
}

void schema_dump_json(
    const struct schema_row *rows, const void *base, struct buf *out)
{
	const char *before = "{";

	for (const struct schema_row *row = rows; row->key; row++) {
		if (!schema_is_there(rows, row, base))
			continue;
		buf_printf(out, "%s\"%s\": ", before, row->key);
		put_row(row, base, out);
		before = ", ";
	}
	buf_puts(out, before[0] == '{' ? "{}" : "}");
}
