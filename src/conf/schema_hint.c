/*
 * schema_hint: see schema_hint.h. Of several that are found the nearest to the
 * top counts: a key of this map, of one below it, of one below that.
 */
#include "conf/schema_hint.h"

#include <string.h>

#include "base/ascii.h"
#include "base/suggest.h"

enum { DEPTH_MAX = 3 };

typedef bool (*match_fn)(const struct schema_row *row, struct slice key);

static bool is_key(const struct schema_row *row, struct slice key)
{
	return slice_eq(slice_str(row->key), key);
}

static bool is_also(const struct schema_row *row, struct slice key)
{
	struct slice names = slice_str(row->also ? row->also : "");

	while (names.len > 0)
		if (ascii_eq(slice_cut(&names, ' '), key))
			return true;
	return false;
}

static bool find(const struct schema_row *rows, struct slice key,
    match_fn match, int depth, struct buf *path);

/* Among the rows of a row, so many levels below it. */
static bool find_below(const struct schema_row *row, struct slice key,
    match_fn match, int depth, struct buf *path)
{
	size_t begin = path->len;

	if (!row->rows || row->is_elsewhere || row->rows[0].is_name)
		return false;
	buf_printf(path, "%s%s.", row->key,
	    row->type == SCHEMA_LIST    ? "[]"
	    : row->type == SCHEMA_NAMED ? ".NAME"
					: "");
	if (find(row->rows, key, match, depth, path))
		return true;
	path->len = begin;
	return false;
}

static bool find(const struct schema_row *rows, struct slice key,
    match_fn match, int depth, struct buf *path)
{
	for (; rows->key; rows++) {
		if (depth > 0 && find_below(rows, key, match, depth - 1, path))
			return true;
		if (depth == 0 && match(rows, key)) {
			buf_puts(path, rows->key);
			return true;
		}
	}
	return false;
}

static bool find_nearest(const struct schema_row *rows, struct slice key,
    match_fn match, struct buf *path)
{
	for (int depth = 0; depth <= DEPTH_MAX; depth++)
		if (find(rows, key, match, depth, path))
			return true;
	return false;
}

static bool find_alike(
    const struct schema_row *rows, struct slice key, struct buf *path)
{
	struct suggest s = suggest_begin(key);

	for (; rows->key; rows++)
		suggest_offer(&s, rows->key);
	buf_puts(path, s.best ? s.best : "");
	return s.best;
}

bool schema_hint(
    const struct schema_row *rows, const char *key, struct buf *path)
{
	struct slice name = slice_str(key);
	bool is_found = find_nearest(rows, name, is_key, path) ||
			find_nearest(rows, name, is_also, path) ||
			find_alike(rows, name, path);

	if (is_found)
		buf_putn(path, "", 1);
	return is_found;
}
