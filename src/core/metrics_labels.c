#include "core/metrics_labels.h"

#include <stdbool.h>

#include "base/slice.h"

/* One metric's rows. */
struct table {
	const char *const *labels;
	size_t count;
};

struct label {
	struct slice name, value; /* both empty: there is none */
};

/* The first label of a row, or the second one. */
static struct label label_of(const struct table *t, size_t row, size_t column)
{
	struct slice rest = slice_str(t->labels[row]);
	struct label l;

	do {
		l.name = slice_cut(&rest, '=');
		(void)slice_cut(&rest, '"');
		l.value = slice_cut(&rest, '"');
		(void)slice_cut(&rest, ',');
	} while (column-- > 0);
	return l;
}

static bool is_same(
    const struct table *t, size_t row, size_t other, size_t column)
{
	return slice_eq(
	    label_of(t, row, column).value, label_of(t, other, column).value);
}

/* No row before it has this value. */
static bool is_new(const struct table *t, size_t row, size_t column)
{
	size_t other = 0;

	while (other < row && !is_same(t, row, other, column))
		other++;
	return other == row;
}

static size_t count_values(const struct table *t, size_t column)
{
	size_t count = 0;

	for (size_t row = 0; row < t->count; row++)
		count += is_new(t, row, column);
	return count;
}

/* Whether each first label goes with each second one. */
static bool is_grid(const struct table *t)
{
	return count_values(t, 0) * count_values(t, 1) == t->count;
}

static void put_value(struct slice value, const char *comma, struct buf *out)
{
	buf_puts(out, comma);
	if (value.len > 0)
		buf_putn(out, value.ptr, value.len);
	else
		buf_puts(out, "`\"\"`");
}

static void put_name(struct slice name, struct buf *out)
{
	buf_printf(out, "`%.*s`: ", (int)name.len, name.ptr);
}

/* All values of a label, in the order of the rows. */
static void put_column(const struct table *t, size_t column, struct buf *out)
{
	const char *comma = "";

	put_name(label_of(t, 0, column).name, out);
	for (size_t row = 0; row < t->count; row++) {
		if (!is_new(t, row, column))
			continue;
		put_value(label_of(t, row, column).value, comma, out);
		comma = ", ";
	}
	buf_puts(out, "<br>");
}

/* The second labels of all rows that have the first one of this row. */
static void put_group(const struct table *t, size_t first, struct buf *out)
{
	struct label head = label_of(t, first, 0);
	const char *comma = "";

	buf_printf(out, "`%.*s=\"%.*s\"`, ", (int)head.name.len, head.name.ptr,
	    (int)head.value.len, head.value.ptr);
	put_name(label_of(t, first, 1).name, out);
	for (size_t row = first; row < t->count; row++) {
		if (!is_same(t, row, first, 0))
			continue;
		put_value(label_of(t, row, 1).value, comma, out);
		comma = ", ";
	}
	buf_puts(out, "<br>");
}

void metrics_labels_put(
    const char *const *labels, size_t count, struct buf *out)
{
	const struct table t = { labels, count };
	bool has_two = label_of(&t, 0, 1).name.len > 0;

	if (!has_two || is_grid(&t)) {
		put_column(&t, 0, out);
		if (has_two)
			put_column(&t, 1, out);
		return;
	}
	for (size_t row = 0; row < count; row++)
		if (is_new(&t, row, 0))
			put_group(&t, row, out);
}
