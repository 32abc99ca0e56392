/* mark: what is written is read again; all else is no mark. */
#include <stdio.h>

#include "proto/mark.h"
#include "unit.h"

static const struct mark example = {
	.id = { "0a1b2c3d4e5f.17", 15 },
	.prev = { "0a1b2c3d4e5f.16", 15 },
	.stretch = { 12, 0xfedcba9876543210u },
	.group = 0xabc,
};
static const char example_text[] =
    "1 0a1b2c3d4e5f.17 0a1b2c3d4e5f.16 12 fedcba9876543210 0000000000000abc";

static bool is_mark(const char *text)
{
	struct mark m;

	return mark_read(&m, slice_str(text));
}

START_TEST(a_mark_is_written_and_read)
{
	char text[MARK_MAX + 1];
	struct mark m;

	(void)mark_write(&example, text);
	ck_assert_str_eq(text, example_text);
	ck_assert(mark_read(&m, slice_str(text)));
	ck_assert(slice_eq(m.id, example.id));
	ck_assert(slice_eq(m.prev, example.prev));
	ck_assert(stretch_eq(m.stretch, example.stretch));
	ck_assert_uint_eq(m.group, example.group);
}
END_TEST

START_TEST(a_first_mark_has_none_before_it)
{
	struct mark m = example;
	char text[MARK_MAX + 1];

	m.prev = slice_of(NULL, 0);
	m.stretch = (struct stretch){ 0, 0 };
	(void)mark_write(&m, text);
	ck_assert_str_eq(
	    text, "1 0a1b2c3d4e5f.17 - 0 0000000000000000 0000000000000abc");
	ck_assert(mark_read(&m, slice_str(text)));
	ck_assert_uint_eq(m.prev.len, 0);
}
END_TEST

START_TEST(the_longest_mark_has_room)
{
	static const char id[] = "ABCDEFGHIJKLMNOPQRSTUVW-";
	struct mark m = {
		.id = slice_str(id),
		.prev = slice_str(id),
		.stretch = { 9999999999999999999u, UINT64_MAX },
		.group = UINT64_MAX,
	};
	char text[MARK_MAX + 1];

	ck_assert_uint_eq(mark_write(&m, text).len, MARK_MAX);
	ck_assert(mark_read(&m, slice_str(text)));
}
END_TEST

START_TEST(all_else_is_no_mark)
{
	static const char *const texts[] = {
		"",
		"1",
		"1 a",
		"1 a - 0 0000000000000000",
		"1 a - 0 0000000000000000 ",
		"1 a - 0 0000000000000000 000000000000000",
		"1 a - 0 0000000000000000 00000000000000000",
		"1 a - 0 0000000000000000 0000000000000000 ",
		"1 a - 0 0000000000000000 0000000000000000 more",
		"1 a - 0 0000000000000000 000000000000000A",
		"1 a - 0 000000000000000g 0000000000000000",
		"1 a - 00 0000000000000000 0000000000000000",
		"1 a - 01 0000000000000000 0000000000000000",
		"1 a - -1 0000000000000000 0000000000000000",
		"1 a -  0000000000000000 0000000000000000",
		"1 a - 10000000000000000000 0000000000000000 0000000000000000",
		"1 - - 0 0000000000000000 0000000000000000",
		"1  - 0 0000000000000000 0000000000000000",
		"1 a  0 0000000000000000 0000000000000000",
		"1 a~1 - 0 0000000000000000 0000000000000000",
		"1 a a~1 0 0000000000000000 0000000000000000",
		("1 aaaaaaaaaaaaaaaaaaaaaaaaa - 0 0000000000000000 "
		 "0000000000000000"),
		"2 a - 0 0000000000000000 0000000000000000",
		"11 a - 0 0000000000000000 0000000000000000",
		" 1 a - 0 0000000000000000 0000000000000000",
		"{\"rooms\":[\"a\"],\"message\":1}",
	};

	ck_assert(is_mark("1 a - 0 0000000000000000 0000000000000000"));
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(!is_mark(texts[i]), "'%s'", texts[i]);
}
END_TEST

START_TEST(a_byte_of_zero_is_no_mark)
{
	char text[] = "1 a - 0 0000000000000000 0000000000000000";
	struct mark m;

	for (size_t i = 0; i < sizeof text - 1; i++) {
		char was = text[i];

		text[i] = '\0';
		ck_assert(!mark_read(&m, slice_of(text, sizeof text - 1)));
		text[i] = was;
	}
}
END_TEST

START_TEST(a_group_is_of_names_in_their_places)
{
	const struct slice ab[] = { slice_str("a"), slice_str("b") };
	const struct slice ba[] = { slice_str("b"), slice_str("a") };
	const struct slice joined[] = { slice_str("ab"), slice_str("") };

	ck_assert_uint_eq(mark_group(ab, 2), mark_group(ab, 2));
	ck_assert_uint_ne(mark_group(ab, 2), mark_group(ba, 2));
	ck_assert_uint_ne(mark_group(ab, 2), mark_group(joined, 2));
	ck_assert_uint_ne(mark_group(ab, 2), mark_group(ab, 1));
	ck_assert_uint_ne(mark_group(joined, 2), mark_group(joined, 1));
}
END_TEST

/* Other instances may run on another machine, or be another version. */
START_TEST(a_group_is_the_same_everywhere)
{
	const struct slice names[] = { slice_str("roomcast:send"),
		slice_str("") };

	ck_assert_uint_eq(mark_group(names, 2), 1832763701159255527u);
}
END_TEST

UNIT_MAIN("proto/mark", a_mark_is_written_and_read,
    a_first_mark_has_none_before_it, the_longest_mark_has_room,
    all_else_is_no_mark, a_byte_of_zero_is_no_mark,
    a_group_is_of_names_in_their_places, a_group_is_the_same_everywhere)
