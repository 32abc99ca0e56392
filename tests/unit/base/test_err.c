/*
 * err: the text is bounded, the code comes back.
 */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

START_TEST(the_code_comes_back_with_the_text)
{
	struct err e;

	ck_assert_int_eq(
	    err_set(&e, -EINVAL, "%s:%d: no such key", "a.yaml", 3), -EINVAL);
	ck_assert_str_eq(e.text, "a.yaml:3: no such key");
}
END_TEST

START_TEST(a_second_text_replaces_the_first)
{
	struct err e;

	(void)err_set(&e, -EINVAL, "a rather long first reason");
	ck_assert_int_eq(err_set(&e, -EIO, "short"), -EIO);
	ck_assert_str_eq(e.text, "short");
}
END_TEST

START_TEST(a_long_text_is_cut_inside_its_bounds)
{
	struct {
		struct err e;
		char behind[8];
	} s;
	char text[2000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	memset(s.behind, 'y', sizeof s.behind);
	(void)err_set(&s.e, -EINVAL, "%s", text);
	ck_assert_uint_eq(strlen(s.e.text), sizeof s.e.text - 1);
	for (size_t i = 0; i < sizeof s.behind; i++)
		ck_assert_int_eq(s.behind[i], 'y');
}
END_TEST

START_TEST(who_does_not_want_the_text_gets_the_code)
{
	ck_assert_int_eq(err_set(NULL, -ENOENT, "%d", 1), -ENOENT);
}
END_TEST

UNIT_MAIN("base/err", the_code_comes_back_with_the_text,
    a_second_text_replaces_the_first, a_long_text_is_cut_inside_its_bounds,
    who_does_not_want_the_text_gets_the_code)
