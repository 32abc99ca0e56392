/*
 * schema_differences: in which of the rows that count only from a start on two
 * structs differ. Of a list whose first key is such a row the items are
 * compared one by one.
 */
#include <stdbool.h>

#include "base/buf.h"
#include "conf/schema.h"
#include "conf/schema_member.h"

static bool is_same_rows(
    const struct schema_row *rows, const void *a, const void *b);

static bool is_list(const struct schema_row *row)
{
	return row->type == SCHEMA_LIST || row->type == SCHEMA_NAMED;
}

static bool is_same_items(
    const struct schema_row *row, const void *a, const void *b)
{
	struct schema_items of_a = schema_load_items(row, a);
	struct schema_items of_b = schema_load_items(row, b);

	if (of_a.count != of_b.count)
		return false;
	for (size_t i = 0; i < of_a.count; i++) {
		struct schema_row text = schema_text_of(row, i);
		size_t at = i * row->item_size;

		if (row->type == SCHEMA_TEXTS
			? !schema_is_same_value(&text, of_a.items, of_b.items)
			: !is_same_rows(row->rows,
			      (const char *)of_a.items + at,
			      (const char *)of_b.items + at))
			return false;
	}
	return true;
}

static bool is_same_map(
    const struct schema_row *map, const void *a, const void *b)
{
	if (map->zero && schema_is_on(map, a) != schema_is_on(map, b))
		return false;
	return is_same_rows(map->rows, (const char *)a + map->within,
	    (const char *)b + map->within);
}

static bool is_same(const struct schema_row *row, const void *a, const void *b)
{
	if (row->type == SCHEMA_MAP)
		return is_same_map(row, a, b);
	if (is_list(row) || row->type == SCHEMA_TEXTS)
		return is_same_items(row, a, b);
	return schema_is_same_value(row, a, b);
}

static bool is_same_rows(
    const struct schema_row *rows, const void *a, const void *b)
{
	for (const struct schema_row *row = rows; row->key; row++)
		if (!is_same(row, a, b))
			return false;
	return true;
}

static void name_it(const char *before, const char *key, struct buf *paths)
{
	buf_printf(paths, "%s%s\n", before, key);
}

static void compare_rows(const struct schema_row *rows, bool at_start,
    const void *a, const void *b, const char *before, struct buf *paths);

/* Maps below, with the path of what they are in put before their keys. */
static void compare_below(const struct schema_row *row, bool at_start,
    const void *a, const void *b, const char *path, struct buf *paths)
{
	struct buf before = { 0 };

	buf_printf(&before, "%s.", path);
	buf_putn(&before, "", 1);
	compare_rows(row->rows, at_start, a, b, before.data, paths);
	buf_fini(&before);
}

static bool is_at_start(
    const struct schema_row *row, const void *a, const void *b)
{
	return row->at_start || (row->at_start_if && row->at_start_if(a, b));
}

/*
 * Where it is there or not, that is all there is to say of it. A switch that
 * is at_start speaks for itself alone; what is around it, at_start, for all.
 */
static void compare_map(const struct schema_row *row, bool at_start,
    const void *a, const void *b, const char *before, struct buf *paths)
{
	bool is_kept = at_start || is_at_start(row, a, b);
	struct buf path = { 0 };

	buf_printf(&path, "%s%s", before, row->key);
	buf_putn(&path, "", 1);
	if (row->zero && is_kept &&
	    schema_is_on(row, a) != schema_is_on(row, b))
		name_it(before, row->key, paths);
	else
		compare_below(row, row->zero ? at_start : is_kept,
		    (const char *)a + row->within,
		    (const char *)b + row->within, path.data, paths);
	buf_fini(&path);
}

/* Items one by one, each as its place in the list is called. */
static void compare_list(const struct schema_row *row, const void *a,
    const void *b, const char *before, struct buf *paths)
{
	struct schema_items of_a = schema_load_items(row, a);
	struct schema_items of_b = schema_load_items(row, b);
	size_t count = of_a.count > of_b.count ? of_a.count : of_b.count;

	for (size_t i = 0; i < count; i++) {
		size_t at = i * row->item_size;
		struct buf path = { 0 };

		buf_printf(&path, "%s%s[%zu]", before, row->key, i);
		buf_putn(&path, "", 1);
		if (i < of_a.count && i < of_b.count)
			compare_below(row, false, (const char *)of_a.items + at,
			    (const char *)of_b.items + at, path.data, paths);
		else
			name_it("", path.data, paths);
		buf_fini(&path);
	}
}

static void compare_rows(const struct schema_row *rows, bool at_start,
    const void *a, const void *b, const char *before, struct buf *paths)
{
	for (const struct schema_row *row = rows; row->key; row++) {
		bool is_kept = at_start || is_at_start(row, a, b);

		if (row->type == SCHEMA_MAP)
			compare_map(row, at_start, a, b, before, paths);
		else if (row->type == SCHEMA_LIST && row->rows[0].at_start &&
			 !is_kept)
			compare_list(row, a, b, before, paths);
		else if (is_kept && !is_same(row, a, b))
			name_it(before, row->key, paths);
	}
}

void schema_differences(const struct schema_row *rows, const void *a,
    const void *b, struct buf *paths)
{
	compare_rows(rows, false, a, b, "", paths);
}
