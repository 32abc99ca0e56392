/* redis_url: what an URL says, and what is refused. */
#include <string.h>

#include "backend/redis_url.h"
#include "unit.h"

static void same(const char *got, const char *expected)
{
	if (expected)
		ck_assert_str_eq(got ? got : "(null)", expected);
	else
		ck_assert_msg(!got, "<%s>", got);
}

START_TEST(test_urls_are_taken_apart)
{
	static const struct {
		const char *url, *host;
		unsigned port;
		const char *path, *user, *password, *shown;
	} cases[] = {
		{ "redis://h", "h", 6379, NULL, NULL, NULL, "h:6379" },
		{ "redis://h/", "h", 6379, NULL, NULL, NULL, "h:6379" },
		{ "redis://127.0.0.1:7000/12", "127.0.0.1", 7000, NULL, NULL,
		    NULL, "127.0.0.1:7000" },
		{ "redis://[::1]", "::1", 6379, NULL, NULL, NULL,
		    "[::1]:6379" },
		{ "redis://[fe80::1]:65535/0", "fe80::1", 65535, NULL, NULL,
		    NULL, "[fe80::1]:65535" },
		{ "redis://u:p@h:1", "h", 1, NULL, "u", "p", "h:1" },
		{ "redis://:p@h", "h", 6379, NULL, NULL, "p", "h:6379" },
		{ "redis://u@h", "h", 6379, NULL, "u", NULL, "h:6379" },
		{ "redis://a%40b:c%3Ad%2f@h", "h", 6379, NULL, "a@b", "c:d/",
		    "h:6379" },
		{ "redis://u:p+q@[::1]:5", "::1", 5, NULL, "u", "p+q",
		    "[::1]:5" },
		{ "rediss://u:p@h/3", "h", 6379, NULL, "u", "p", "h:6379" },
		{ "unix:///run/r.sock", NULL, 0, "/run/r.sock", NULL, NULL,
		    "unix:/run/r.sock" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct redis_url u;
		struct err e = { "" };

		ck_assert_msg(redis_url_parse(&u, cases[i].url, &e) == 0,
		    "%s: %s", cases[i].url, e.text);
		ck_assert_int_eq(u.address.is_unix, cases[i].path != NULL);
		ck_assert_str_eq(u.address.host,
		    cases[i].path ? cases[i].path : cases[i].host);
		same(u.username, cases[i].user);
		same(u.password, cases[i].password);
		same(u.shown, cases[i].shown);
		ck_assert_uint_eq(u.address.port, cases[i].port);
		redis_url_fini(&u);
	}
}
END_TEST

START_TEST(test_what_is_wrong_is_refused_without_the_password)
{
	static const char *const cases[] = { "", "h", "http://h", "redis://",
		"redis:///0", "redis://:6379", "redis://u:sesame@",
		"redis://u:sesame@:1", "redis://h:0", "redis://h:65536",
		"redis://h:99999999999999999999", "redis://h:x",
		"redis://h:", "redis://[::1", "redis://[::1]x", "redis://[]",
		"redis://[::1]:", "redis://h/x", "redis://h/1/2",
		"redis://h?db=1", "redis://h#1", "redis://sesame%zz@h",
		"redis://u:sesame%00@h", "redis://u:sesame%4@h",
		"redis://u:sesame@x@h", "unix://", "unix://r.sock",
		"unix:/r.sock", "rediss://", "rediss:h" };
	char deep[200] = "unix:///";

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct redis_url u;
		struct err e = { "" };

		ck_assert_msg(
		    redis_url_parse(&u, cases[i], &e) < 0, "%s", cases[i]);
		ck_assert_str_ne(e.text, "");
		ck_assert_ptr_null(strstr(e.text, "sesame"));
		ck_assert_str_eq(u.address.host, "");
		ck_assert_ptr_null(u.password);
		redis_url_fini(&u);
	}
	memset(deep + strlen(deep), 'x', 110);
	ck_assert_int_lt(
	    redis_url_parse(&(struct redis_url){ 0 }, deep, NULL), 0);
}
END_TEST

UNIT_MAIN("backend/redis_url", test_urls_are_taken_apart,
    test_what_is_wrong_is_refused_without_the_password)
