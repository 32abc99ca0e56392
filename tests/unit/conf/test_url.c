/* url: which are fine, which hold a password, and what is shown of it. */
#include "conf/url.h"
#include "unit.h"

static void check_masked(const char *url, const char *shown)
{
	struct buf out = { 0 };
	struct err e;

	ck_assert_msg(url_check(url, &e) == 0, "%s: %s", url, e.text);
	url_print_masked(url, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, shown);
	ck_assert_int_eq(url_has_password(url), strcmp(url, shown) != 0);
	buf_fini(&out);
}

START_TEST(urls_without_a_password_are_shown_as_they_are)
{
	check_masked("redis://h", "redis://h");
	check_masked("redis://127.0.0.1:6379/", "redis://127.0.0.1:6379/");
	check_masked("redis://[::1]:6379/15", "redis://[::1]:6379/15");
	check_masked("redis://me@h", "redis://me@h");
	check_masked("redis://me:@h", "redis://me:@h");
	check_masked("unix:///run/a:b@c", "unix:///run/a:b@c");
}
END_TEST

START_TEST(a_password_is_masked)
{
	check_masked("redis://:p@h", "redis://:***@h");
	check_masked("redis://me:p@h:1/2", "redis://me:***@h:1/2");
	check_masked("redis://me:a:b%40c@[::1]", "redis://me:***@[::1]");
}
END_TEST

UNIT_MAIN("conf/url", urls_without_a_password_are_shown_as_they_are,
    a_password_is_masked)
