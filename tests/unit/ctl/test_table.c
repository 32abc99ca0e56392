/* table: columns as wide as they must be; nothing that drives a terminal. */
#include "ctl/table.h"
#include "unit.h"

static const struct table_column columns[] = {
	{ "NAME", false },
	{ "COUNT", true },
	{ "LAST", false },
	{ NULL, false },
};

static void check_printed(
    const char *const *cells, size_t count, const char *wanted)
{
	struct buf out = { 0 };
	struct table t;

	table_init(&t, columns);
	for (size_t i = 0; i < count; i++)
		table_add(&t, slice_str(cells[i]));
	table_print(&t, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, wanted);
	buf_fini(&out);
	table_fini(&t);
}

static void check_shown(struct slice text, const char *wanted)
{
	struct buf out = { 0 };

	table_put_text(&out, text);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, wanted);
	buf_fini(&out);
}

START_TEST(without_rows_there_are_titles)
{
	check_printed(NULL, 0, "NAME  COUNT  LAST\n");
}
END_TEST

START_TEST(a_column_is_as_wide_as_its_widest_cell)
{
	static const char *const cells[] = { "a", "1", "x", "longer", "1234567",
		"" };

	check_printed(cells, 6,
	    "NAME      COUNT  LAST\n"
	    "a             1  x\n"
	    "longer  1234567  \n");
}
END_TEST

START_TEST(characters_count_not_bytes)
{
	static const char *const cells[] = { "gr\xc3\xbcn", "1", "x", "abcde",
		"22", "y" };

	check_printed(cells, 6,
	    "NAME   COUNT  LAST\n"
	    "gr\xc3\xbcn       1  x\n"
	    "abcde     22  y\n");
}
END_TEST

START_TEST(half_a_row_is_none)
{
	static const char *const cells[] = { "a", "1", "x", "b" };

	check_printed(cells, 4,
	    "NAME  COUNT  LAST\n"
	    "a         1  x\n");
}
END_TEST

START_TEST(many_rows_fit)
{
	struct buf out = { 0 };
	struct table t;
	size_t lines = 0;

	table_init(&t, columns);
	for (int i = 0; i < 3000; i++)
		table_add(&t, slice_str("cell"));
	table_print(&t, &out);
	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	ck_assert_uint_eq(lines, 1001);
	buf_fini(&out);
	table_fini(&t);
}
END_TEST

START_TEST(what_drives_a_terminal_is_shown)
{
	check_shown(slice_str("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
	check_shown(slice_str("\x7f\xc2\x9b"), "\\x7f\\xc2\\x9b");
	check_shown(slice_str("\xff\xc3"), "\\xff\\xc3");
	check_shown(slice_of("a\0b", 3), "a\\x00b");
	check_shown(slice_str("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}
END_TEST

UNIT_MAIN("ctl/table", without_rows_there_are_titles,
    a_column_is_as_wide_as_its_widest_cell, characters_count_not_bytes,
    half_a_row_is_none, many_rows_fit, what_drives_a_terminal_is_shown)
