/* place: read to the letter as it is printed, and ordered. */
#include "core/place.h"
#include "unit.h"

static bool is_entry(const char *text)
{
	struct place p;

	return place_read_entry(slice_str(text), &p);
}

static bool is_counted(const char *text)
{
	struct slice mark;
	uint64_t n;

	return place_read_counted(slice_str(text), &mark, &n);
}

static void check_entry(const char *text)
{
	char out[PLACE_MAX + 1];
	struct place p;

	ck_assert_msg(place_read_entry(slice_str(text), &p), "%s", text);
	ck_assert_str_eq(place_print_entry(&p, out).ptr, text);
}

static void check_counted(const char *text)
{
	char out[PLACE_MAX + 1];
	struct slice mark;
	uint64_t n;

	ck_assert_msg(
	    place_read_counted(slice_str(text), &mark, &n), "%s", text);
	ck_assert_str_eq(place_print_counted(mark, n, out).ptr, text);
}

START_TEST(the_id_of_an_entry_is_read_as_it_is_printed)
{
	check_entry("0-0");
	check_entry("1526919030474-55");
	check_entry("1526919030474-55~aZ-_");
	check_entry("18446744073709551615-18446744073709551615~....");
}
END_TEST

START_TEST(what_is_no_id_of_an_entry_is_none)
{
	static const char *const none[] = { "", "-", "1", "1-", "-1", "01-1",
		"1-01", "1-1~", "1-1~abc", "1-1~abcde", "1-1~ab d", "1-1~ab~d",
		"+1-1", "1--1", " 1-1", "1-1 ", "1-1\n",
		"18446744073709551616-0", "0-18446744073709551616",
		"99999999999999999999-0", "1~abcd", "a-1",
		"1-1~\x80\x80\x80\x80" };

	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		ck_assert_msg(!is_entry(none[i]), "%s", none[i]);
}
END_TEST

START_TEST(what_was_counted_is_read_as_it_is_printed)
{
	check_counted("m~0");
	check_counted("012345678901234567890123~18446744073709551615");
	check_counted("a.b-c_D~10");
}
END_TEST

START_TEST(what_was_not_counted_is_none)
{
	static const char *const none[] = { "", "~", "m", "m~", "~1", "m~01",
		"m~-1", "m~1~1", "0123456789012345678901234~1", "m m~1",
		"m~18446744073709551616", "m~1 ", "m\x80~1" };

	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		ck_assert_msg(!is_counted(none[i]), "%s", none[i]);
}
END_TEST

START_TEST(a_tag_is_compared_where_the_cursor_has_one)
{
	const struct place bare = { 1, 2, "" };
	const struct place a = { .tag = { 'a', 'a', 'a', 'a' } };
	const struct place b = { .tag = { 'a', 'a', 'a', 'b' } };

	ck_assert(place_has_tag(&a, &a));
	ck_assert(place_has_tag(&a, &bare));
	ck_assert(place_has_tag(&bare, &bare));
	ck_assert(!place_has_tag(&a, &b));
	ck_assert(!place_has_tag(&bare, &a));
}
END_TEST

START_TEST(places_are_ordered_by_number_and_not_by_tag)
{
	const struct place places[] = { { 1, 2, "" }, { 1, 3, "" },
		{ 2, 0, "" } };

	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			ck_assert_int_eq(place_compare(&places[i], &places[k]),
			    (i > k) - (i < k));
}
END_TEST

UNIT_MAIN("core/place", the_id_of_an_entry_is_read_as_it_is_printed,
    what_is_no_id_of_an_entry_is_none,
    what_was_counted_is_read_as_it_is_printed, what_was_not_counted_is_none,
    a_tag_is_compared_where_the_cursor_has_one,
    places_are_ordered_by_number_and_not_by_tag)
