/* table: see table.h. */
#include "ctl/table.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

static const char gap[] = "  ";

void table_init(struct table *t, const struct table_column *columns)
{
	*t = (struct table){ .columns = columns };
	while (columns[t->column_count].title)
		t->column_count++;
}

void table_fini(struct table *t)
{
	buf_fini(&t->text);
	free(t->ends);
	*t = (struct table){ 0 };
}

/* --- cells --- */

static void put_escaped(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_printf(out, "\\x%02x", (unsigned char)bytes.ptr[i]);
}

/* Text that is UTF-8. */
static void put_valid(struct buf *out, struct slice text)
{
	while (text.len > 0) {
		size_t control = utf8_control_len(text);
		size_t len = control ? control : 1;

		if (control)
			put_escaped(out, slice_of(text.ptr, len));
		else
			buf_putn(out, text.ptr, len);
		text = slice_after(text, len);
	}
}

void table_put_text(struct buf *out, struct slice text)
{
	size_t bad_at;

	while (!utf8_is_valid(text, &bad_at)) {
		put_valid(out, slice_of(text.ptr, bad_at));
		put_escaped(out, slice_of(text.ptr + bad_at, 1));
		text = slice_after(text, bad_at + 1);
	}
	put_valid(out, text);
}

void table_add(struct table *t, struct slice text)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->ends = xrealloc_array(t->ends, t->room, sizeof *t->ends);
	}
	table_put_text(&t->text, text);
	t->ends[t->count++] = t->text.len;
}

static struct slice cell(const struct table *t, size_t index)
{
	size_t begin = index > 0 ? t->ends[index - 1] : 0;

	if (t->ends[index] == begin)
		return slice_of("", 0);
	return slice_of(t->text.data + begin, t->ends[index] - begin);
}

/* --- on paper --- */

/* In characters: bytes that go on with one do not count. */
static size_t width_of(struct slice text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.len; i++)
		width += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return width;
}

static void measure(const struct table *t, size_t rows, size_t *widths)
{
	for (size_t i = 0; i < t->column_count; i++)
		widths[i] = width_of(slice_str(t->columns[i].title));
	for (size_t i = 0; i < rows * t->column_count; i++) {
		size_t width = width_of(cell(t, i));
		size_t *most = &widths[i % t->column_count];

		if (width > *most)
			*most = width;
	}
}

static void put_spaces(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_puts(out, " ");
}

/* Nothing stands behind the last column. */
static void put_cell(const struct table *t, size_t column, struct slice text,
    size_t width, struct buf *out)
{
	size_t missing = width - width_of(text);
	bool is_last = column + 1 == t->column_count;

	if (t->columns[column].is_right)
		put_spaces(out, missing);
	buf_putn(out, text.ptr, text.len);
	if (is_last) {
		buf_puts(out, "\n");
		return;
	}
	if (!t->columns[column].is_right)
		put_spaces(out, missing);
	buf_puts(out, gap);
}

void table_print(const struct table *t, struct buf *out)
{
	size_t rows = t->count / t->column_count;
	size_t widths[TABLE_COLUMNS_MAX];

	measure(t, rows, widths);
	for (size_t i = 0; i < t->column_count; i++)
		put_cell(t, i, slice_str(t->columns[i].title), widths[i], out);
	for (size_t i = 0; i < rows * t->column_count; i++)
		put_cell(t, i % t->column_count, cell(t, i),
		    widths[i % t->column_count], out);
}
