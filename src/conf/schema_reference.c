/*
 * schema_reference: the rows as Markdown, one section for each map and list
 * of the top level, one table line a key.
 */
#include <string.h>

#include "conf/quantity.h"
#include "conf/schema.h"

static bool has_rows(const struct schema_row *row)
{
	return row->type == SCHEMA_MAP || row->type == SCHEMA_LIST ||
	       row->type == SCHEMA_NAMED;
}

/* A '|' would end the cell. */
static void put_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_puts(out, "\\");
		buf_putn(out, text, 1);
	}
}

static void put_type(const struct schema_row *row, struct buf *out)
{
	static const char *const names[] = {
		[SCHEMA_BOOL] = "`true` or `false`",
		[SCHEMA_COUNT] = "number",
		[SCHEMA_SIZE] = "size",
		[SCHEMA_DURATION] = "duration",
		[SCHEMA_TEXT] = "text",
		[SCHEMA_TEXTS] = "list of texts",
		[SCHEMA_MAP] = "map",
		[SCHEMA_LIST] = "list of maps",
	};

	if (row->type == SCHEMA_MAP && row->zero)
		buf_printf(out, "`%s` or ", row->zero);
	if (row->type != SCHEMA_WORD)
		buf_printf(out, "%s%s", row->may_be_alone ? "text or " : "",
		    names[row->type]);
	if (row->type == SCHEMA_TEXTS && row->words)
		buf_puts(out, ": ");
	for (size_t i = 0; row->words && row->words[i]; i++)
		buf_printf(out, "%s`%s`", i ? ", " : "", row->words[i]);
}

/* What is required below a map of its own is so only where that is written. */
static void put_default(
    const struct schema_row *row, const char *prefix, struct buf *out)
{
	if (row->is_required && prefix[0])
		buf_printf(out, "required with `%.*s`", (int)strlen(prefix) - 1,
		    prefix);
	else if (row->is_required)
		buf_puts(out, "required");
	else if (row->preset && row->preset[0])
		buf_printf(out, "`%s`", row->preset);
	else if (row->preset)
		buf_puts(out, "`\"\"`");
	else if (row->type == SCHEMA_MAP)
		buf_printf(out, "`%s`", row->zero);
	else if (row->type == SCHEMA_TEXTS && row->min == 0)
		buf_puts(out, "`[]`");
	else
		buf_puts(out, "not set");
}

static void put_range(const struct schema_row *row, struct buf *out)
{
	static const enum quantity kinds[] = {
		[SCHEMA_COUNT] = QUANTITY_COUNT,
		[SCHEMA_SIZE] = QUANTITY_SIZE,
		[SCHEMA_DURATION] = QUANTITY_DURATION,
		[SCHEMA_TEXTS] = QUANTITY_COUNT,
		[SCHEMA_LIST] = QUANTITY_COUNT,
		[SCHEMA_NAMED] = QUANTITY_COUNT,
	};
	bool is_list = row->type == SCHEMA_LIST || row->type == SCHEMA_TEXTS ||
		       row->type == SCHEMA_NAMED;

	if (row->max == 0)
		return;
	quantity_print(kinds[row->type], row->min, out);
	buf_puts(out, " to ");
	quantity_print(kinds[row->type], row->max, out);
	buf_puts(out, is_list ? " items" : "");
	if (row->zero)
		buf_printf(out, ", or `%s`", row->zero);
	if (row->most)
		buf_printf(out, ", or `%s`", row->most);
}

/* at_start: it is below one that is. */
static void put_line(const struct schema_row *rows,
    const struct schema_row *row, const char *prefix, bool at_start,
    struct buf *out)
{
	buf_printf(out, "| `%s%s` | ", prefix, row->key);
	put_type(row, out);
	buf_puts(out, " | ");
	put_default(row, prefix, out);
	buf_puts(out, " | ");
	put_range(row, out);
	buf_printf(
	    out, " | %s | ", at_start || row->at_start ? "restart" : "live");
	if (row->only)
		buf_printf(out, "Only `%s: %s`. ", rows[0].key, row->only);
	put_cell(out, row->prose);
	buf_puts(out, " |\n");
}

static void put_lines(const struct schema_row *rows, const char *prefix,
    bool at_start, struct buf *out)
{
	for (const struct schema_row *row = rows; row->key; row++) {
		struct buf path = { 0 };

		if (row->type != SCHEMA_MAP || row->zero || row->is_elsewhere)
			put_line(rows, row, prefix, at_start, out);
		if (row->type != SCHEMA_MAP || row->is_elsewhere)
			continue;
		buf_printf(&path, "%s%s.", prefix, row->key);
		buf_putn(&path, "", 1);
		put_lines(row->rows, path.data,
		    at_start || (row->at_start && !row->zero), out);
		buf_fini(&path);
	}
}

static void put_table_head(struct buf *out)
{
	buf_puts(out,
	    "| key | type | default | range | change | what it does |\n"
	    "| --- | --- | --- | --- | --- | --- |\n");
}

static void put_section(const struct schema_row *row, struct buf *out)
{
	buf_printf(out, "\n## %s\n\n%s\n", row->key, row->prose);
	if (row->type == SCHEMA_LIST) {
		buf_puts(out, "\nA list (");
		put_range(row, out);
		buf_puts(out, "); each item has these keys.");
		if (row->preset)
			buf_printf(out, " Default: one item with %s `%s`.",
			    row->rows[0].key, row->preset);
		buf_puts(out, row->is_required ? " It is required.\n" : "\n");
	}
	if (row->type == SCHEMA_NAMED) {
		buf_puts(out, "\nA map of names (");
		put_range(row, out);
		buf_puts(out, "), each with a map of these keys.\n");
	}
	if (row->zero && row->at_start)
		buf_printf(
		    out, "\nWhether it is `%s` needs a restart.\n", row->zero);
	buf_puts(out, "\n");
	put_table_head(out);
	put_lines(row->rows, "", row->at_start && !row->zero, out);
}

void schema_reference(const struct schema_row *rows, struct buf *out)
{
	buf_puts(out, "\n## Top level\n\n");
	put_table_head(out);
	for (const struct schema_row *row = rows; row->key; row++)
		if (!has_rows(row))
			put_line(rows, row, "", false, out);
	for (const struct schema_row *row = rows; row->key; row++)
		if (has_rows(row))
			put_section(row, out);
}
