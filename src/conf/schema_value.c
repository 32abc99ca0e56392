/*
 * schema_value: one scalar between its text in the file and its member in a
 * struct. Members are reached by offset and width through memcpy, so that one
 * table serves every struct without a cast that lies about types.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "conf/quantity.h"
#include "conf/schema_member.h"

static void *member(const struct schema_row *row, void *base)
{
	return (char *)base + row->offset;
}

static const void *const_member(const struct schema_row *row, const void *base)
{
	return (const char *)base + row->offset;
}

static void store_number(
    const struct schema_row *row, void *base, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	if (row->width == sizeof narrow)
		memcpy(member(row, base), &narrow, sizeof narrow);
	else if (row->width == sizeof value)
		memcpy(member(row, base), &value, sizeof value);
	else
		fatal("conf", "a row has a width that no number has");
}

static uint64_t load_number(const struct schema_row *row, const void *base)
{
	uint32_t narrow;
	uint64_t value;

	if (row->width == sizeof narrow) {
		memcpy(&narrow, const_member(row, base), sizeof narrow);
		return narrow;
	}
	memcpy(&value, const_member(row, base), sizeof value);
	return value;
}

static char *load_text(const struct schema_row *row, const void *base)
{
	char *text;

	memcpy(&text, const_member(row, base), sizeof text);
	return text;
}

bool schema_is_same_value(
    const struct schema_row *row, const void *a, const void *b)
{
	const char *x, *y;

	if (row->type != SCHEMA_TEXT)
		return !memcmp(
		    const_member(row, a), const_member(row, b), row->width);
	x = load_text(row, a);
	y = load_text(row, b);
	return x && y ? !strcmp(x, y) : x == y;
}

struct schema_items schema_load_items(
    const struct schema_row *row, const void *base)
{
	struct schema_items items;

	memcpy(&items, const_member(row, base), sizeof items);
	return items;
}

void schema_store_items(
    const struct schema_row *row, void *base, struct schema_items items)
{
	memcpy(member(row, base), &items, sizeof items);
}

struct schema_row schema_text_of(const struct schema_row *row, size_t index)
{
	struct schema_row item = *row;

	item.type = SCHEMA_TEXT;
	item.offset = index * sizeof(char *);
	item.width = sizeof(char *);
	return item;
}

const struct schema_row *schema_find(
    const struct schema_row *rows, const char *key)
{
	for (; rows->key; rows++)
		if (!strcmp(rows->key, key))
			return rows;
	return NULL;
}

bool schema_is_there(const struct schema_row *rows,
    const struct schema_row *row, const void *base)
{
	const struct schema_row *list =
	    row->unless ? schema_find(rows, row->unless) : NULL;

	if (list && schema_load_items(list, base).count > 0)
		return false;
	return !row->only ||
	       !strcmp(row->only, rows[0].words[load_number(&rows[0], base)]);
}

bool schema_is_on(const struct schema_row *map, const void *base)
{
	bool is_on;

	memcpy(&is_on, const_member(map, base), sizeof is_on);
	return is_on;
}

static enum quantity quantity_of(const struct schema_row *row)
{
	switch (row->type) {
	case SCHEMA_SIZE:
		return QUANTITY_SIZE;
	case SCHEMA_DURATION:
		return QUANTITY_DURATION;
	default:
		return QUANTITY_COUNT;
	}
}

static int refuse_range(const struct schema_row *row, struct err *e)
{
	enum quantity kind = quantity_of(row);
	struct buf range = { 0 };

	quantity_print(kind, row->min, &range);
	buf_puts(&range, " to ");
	quantity_print(kind, row->max, &range);
	if (row->zero)
		buf_printf(&range, ", or %s", row->zero);
	if (row->most)
		buf_printf(&range, ", or %s", row->most);
	err_set(e, -EINVAL, "must be %s%.*s",
	    kind == QUANTITY_COUNT ? "a whole number, " : "", (int)range.len,
	    range.data);
	buf_fini(&range);
	return -EINVAL;
}

static int store_quantity(
    const struct schema_row *row, void *base, const char *text, struct err *e)
{
	int64_t value;
	int rc;

	if (row->zero && !strcmp(text, row->zero)) {
		store_number(row, base, 0);
		return 0;
	}
	if (row->most && !strcmp(text, row->most)) {
		store_number(row, base, (uint64_t)row->max);
		return 0;
	}
	rc = quantity_parse(quantity_of(row), text, &value, e);
	if (rc == -EINVAL && row->type != SCHEMA_COUNT && !row->most)
		return rc;
	if (rc < 0 || value < row->min || value > row->max)
		return refuse_range(row, e);
	store_number(row, base, (uint64_t)value);
	return 0;
}

static int store_bool(
    const struct schema_row *row, void *base, const char *text, struct err *e)
{
	bool value = !strcmp(text, "true");

	if (!value && strcmp(text, "false") != 0)
		return err_set(e, -EINVAL, "must be true or false");
	memcpy(member(row, base), &value, sizeof value);
	return 0;
}

static int refuse_word(
    const struct schema_row *row, const char *text, struct err *e)
{
	struct suggest s = suggest_begin(slice_str(text));
	struct buf known = { 0 };

	for (size_t i = 0; row->words[i]; i++) {
		const char *comma = row->words[i + 1] ? ", " : " or ";

		buf_printf(&known, "%s%s", i ? comma : "", row->words[i]);
		suggest_offer(&s, row->words[i]);
	}
	err_set(e, -EINVAL, "must be %.*s%s%s%s", (int)known.len, known.data,
	    s.best ? "; did you mean " : "", s.best ? s.best : "",
	    s.best ? "?" : "");
	buf_fini(&known);
	return -EINVAL;
}

/* The index of text among the row's words, or -EINVAL. */
static int find_word(
    const struct schema_row *row, const char *text, struct err *e)
{
	for (int i = 0; row->words[i]; i++)
		if (!strcmp(text, row->words[i]))
			return i;
	return refuse_word(row, text, e);
}

static int store_word(
    const struct schema_row *row, void *base, const char *text, struct err *e)
{
	int index = find_word(row, text, e);

	if (index < 0)
		return index;
	store_number(row, base, (uint64_t)index);
	return 0;
}

/*
 * Whether s begins with what has no place in a name or address. None of it
 * could stand in a YAML file as it is, so that a dump would need escapes.
 */
static bool is_unprintable(struct slice s)
{
	static const char *const others[] = {
		"\xe2\x80\xa8", "\xe2\x80\xa9", /* ends of lines */
		"\xef\xbb\xbf",                 /* a byte order mark */
		"\xef\xbf\xbe", "\xef\xbf\xbf", /* never characters */
	};

	if (utf8_control_len(s) > 0)
		return true;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (slice_starts_with(s, slice_str(others[i])))
			return true;
	return false;
}

static int check_text(
    const struct schema_row *row, const char *text, struct err *e)
{
	if (text[0] == '\0' && !row->may_be_empty)
		return err_set(e, -EINVAL, "must not be empty");
	for (struct slice s = slice_str(text); s.len > 0; s = slice_after(s, 1))
		if (is_unprintable(s))
			return err_set(
			    e, -EINVAL, "must not hold control characters");
	if (row->check && row->check(text, e) < 0)
		return -EINVAL;
	if (row->words && find_word(row, text, e) < 0)
		return -EINVAL;
	return 0;
}

static int store_text(
    const struct schema_row *row, void *base, const char *text, struct err *e)
{
	char *copy;

	if (check_text(row, text, e) < 0)
		return -EINVAL;
	copy = xstrdup(text);
	if (row->is_lower_case)
		for (char *p = copy; *p; p++)
			*p = ascii_to_lower(*p);
	free(load_text(row, base));
	memcpy(member(row, base), &copy, sizeof copy);
	return 0;
}

int schema_store_value(
    const struct schema_row *row, void *base, const char *text, struct err *e)
{
	switch (row->type) {
	case SCHEMA_BOOL:
		return store_bool(row, base, text, e);
	case SCHEMA_COUNT:
	case SCHEMA_SIZE:
	case SCHEMA_DURATION:
		return store_quantity(row, base, text, e);
	case SCHEMA_WORD:
		return store_word(row, base, text, e);
	case SCHEMA_TEXT:
		return store_text(row, base, text, e);
	default:
		fatal("conf", "a row of this type holds no value");
	}
}

/* In double quotes, as YAML and JSON read it; the file expands "$$". */
static void print_quoted(const char *text, struct buf *out)
{
	buf_puts(out, "\"");
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_printf(out, "\\%c", *p);
		else if (*p == '$')
			buf_puts(out, "$$");
		else
			buf_putn(out, p, 1);
	}
	buf_puts(out, "\"");
}

bool schema_print_text(
    const struct schema_row *row, const void *base, struct buf *out)
{
	const char *text = load_text(row, base);

	if (!text)
		return false;
	if (row->print)
		row->print(text, out);
	else
		buf_puts(out, text);
	return true;
}

static bool print_text(
    const struct schema_row *row, const void *base, struct buf *out)
{
	struct buf masked = { 0 };

	if (!schema_print_text(row, base, &masked))
		return false;
	buf_putn(&masked, "", 1);
	print_quoted(masked.data, out);
	buf_fini(&masked);
	return true;
}

static void print_number(
    const struct schema_row *row, uint64_t value, struct buf *out)
{
	if (value == 0 && row->zero)
		buf_puts(out, row->zero);
	else if (row->most && value == (uint64_t)row->max)
		buf_puts(out, row->most);
	else
		quantity_print(quantity_of(row), (int64_t)value, out);
}

bool schema_print_value(
    const struct schema_row *row, const void *base, struct buf *out)
{
	bool is_true;

	switch (row->type) {
	case SCHEMA_BOOL:
		memcpy(&is_true, const_member(row, base), sizeof is_true);
		buf_puts(out, is_true ? "true" : "false");
		return true;
	case SCHEMA_WORD:
		buf_puts(out, row->words[load_number(row, base)]);
		return true;
	case SCHEMA_TEXT:
		return print_text(row, base, out);
	default:
		print_number(row, load_number(row, base), out);
		return true;
	}
}
