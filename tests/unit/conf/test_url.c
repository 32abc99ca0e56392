/* url: what is in them, which are refused, and what of a password is shown. */
#include "conf/url.h"
#include "unit.h"

static void check_masked(const char *url, const char *shown)
{
	struct buf out = { 0 };
	struct err e;

	ck_assert_msg(url_check_redis(url, &e) == 0, "%s: %s", url, e.text);
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
	check_masked("rediss://me:p@h:1/2", "rediss://me:***@h:1/2");
	check_masked("redis://me:p@h:1/2", "redis://me:***@h:1/2");
	check_masked("redis://me:a:b%40c@[::1]", "redis://me:***@[::1]");
}
END_TEST

static void check_hook(
    const char *text, const char *host, unsigned port, const char *path)
{
	struct url u;
	struct err e;

	ck_assert_msg(
	    url_parse_http(&u, text, &e) == 0, "%s: %s", text, e.text);
	ck_assert_str_eq(u.address.host, host);
	ck_assert_uint_eq(u.address.port, port);
	ck_assert(slice_eq(u.path, slice_str(path)));
}

START_TEST(the_url_of_a_hook_is_taken_apart)
{
	check_hook("http://app:8000/auth", "app", 8000, "/auth");
	check_hook("http://app/", "app", 80, "/");
	check_hook("http://127.0.0.1:1/a/b", "127.0.0.1", 1, "/a/b");
	check_hook("http://[::1]:81/", "::1", 81, "/");
	check_hook("http://[::1]/", "::1", 80, "/");
	check_hook("http://h:8000/a/b%20c", "h", 8000, "/a/b%20c");
	check_hook("http://[::1]:1/~a;b=(c)", "::1", 1, "/~a;b=(c)");
	check_hook(
	    "https://app.example.com/auth", "app.example.com", 443, "/auth");
	check_hook("https://h:8443/", "h", 8443, "/");
}
END_TEST

START_TEST(other_urls_of_hooks_are_refused)
{
	static const char *const bad[] = { "", "http:", "http://", "http:///a",
		"https://", "https://app", "ftp://app/", "app:80",
		"http://app:0/", "http://*:80/", "http://app:x/",
		"http://u:p@app/", "http://app/a b", "http://app/\r\nX: y",
		"http://app/#a", "http://app#a", "http://app/\xc3\xa3",
		"http://[::1/", "http://a\r\nb/", "http://app", "http://app?a",
		"http://app/?a", "http://app/%2", "http://app/%",
		"http://@app/", "HTTPS://app/" };
	struct url u;
	struct err e;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		e.text[0] = '\0';
		ck_assert_msg(url_parse_http(&u, bad[i], &e) < 0, "%s", bad[i]);
		ck_assert_str_ne(e.text, "");
	}
}
END_TEST

static void check_keys_shown(const char *url, const char *shown)
{
	struct buf out = { 0 };
	struct err e;

	ck_assert_msg(url_check_jwks(url, &e) == 0, "%s: %s", url, e.text);
	ck_assert_msg(url_check_jwks(shown, &e) == 0, "%s: %s", shown, e.text);
	url_print_without_query(url, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, shown);
	buf_fini(&out);
}

START_TEST(a_query_is_masked)
{
	check_keys_shown("https://idp/keys", "https://idp/keys");
	check_keys_shown("https://idp/", "https://idp/");
	check_keys_shown("https://idp:8443/k?code=p", "https://idp:8443/k?***");
	check_keys_shown("https://idp/k?a=p?q", "https://idp/k?***");
	check_keys_shown("http://[::1]:80/k?", "http://[::1]:80/k?***");
}
END_TEST

START_TEST(keys_come_through_tls_or_from_this_machine)
{
	static const char *const good[] = { "https://idp.example.com/keys",
		"https://idp:8443/keys?p=policy", "http://localhost/k",
		"http://127.0.0.1:80/k", "http://127.9.9.9/k",
		"http://[::1]:8080/k" };
	static const char *const bad[] = { "http://idp.example.com/keys",
		"http://10.0.0.1/k", "http://[::2]/k", "http://0.0.0.0/k",
		"http://127.0.0.1.example.com/k", "http://localhost.a/k",
		"http://128.0.0.1/k", "https://idp", "https://idp?a",
		"https://idp/k#a", "https://u:p@idp/k", "https://idp/a b",
		"https://idp/k?a\r\nX: y", "idp/k", "file:///etc/k" };
	struct url u;
	struct err e;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(url_parse_jwks(&u, good[i], &e) == 0, "%s: %s",
		    good[i], e.text);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(url_parse_jwks(&u, bad[i], &e) < 0, "%s", bad[i]);
}
END_TEST

/* A request line is made of it, and each line that names it in the log. */
START_TEST(the_url_of_a_hook_has_a_greatest_length)
{
	enum { MAX = 2048 };
	char text[MAX + 2] = "http://h/";
	struct url u;
	struct err e;

	memset(text + strlen(text), 'a', MAX + 1 - strlen(text));
	ck_assert_int_lt(url_parse_http(&u, text, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "at most 2048 bytes"));
	ck_assert_int_lt(url_parse_jwks(&u, text, &e), 0);
	text[MAX] = '\0';
	ck_assert_msg(url_parse_http(&u, text, &e) == 0, "%s", e.text);
	ck_assert_msg(url_check_http(text, &e) == 0, "%s", e.text);
}
END_TEST

UNIT_MAIN("conf/url", urls_without_a_password_are_shown_as_they_are,
    a_password_is_masked, the_url_of_a_hook_is_taken_apart,
    other_urls_of_hooks_are_refused, a_query_is_masked,
    keys_come_through_tls_or_from_this_machine,
    the_url_of_a_hook_has_a_greatest_length)
