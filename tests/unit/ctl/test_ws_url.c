/* ws_url: where a URL leads, and what is asked for there. */
#include "ctl/ws_url.h"
#include "unit.h"

static void check_target(
    const char *text, const char *since, const char *wanted)
{
	struct buf out = { 0 };
	struct ws_url u;
	struct err e;

	ck_assert_msg(ws_url_parse(&u, text, &e) == 0, "%s", e.text);
	ws_url_put_target(&u, since, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, wanted);
	buf_fini(&out);
}

START_TEST(since_stands_behind_the_query)
{
	check_target("ws://h", NULL, "/");
	check_target("ws://h?a=1", NULL, "/?a=1");
	check_target("ws://h/ws/a?b=%20", NULL, "/ws/a?b=%20");
	check_target("ws://h/ws", "1-0", "/ws?since=1%2D0");
	check_target("ws://h/ws?a=1", "", "/ws?a=1&since=");
	check_target("ws://h/ws", "a&b c", "/ws?since=a%26b%20c");
}
END_TEST

static void check_place(const char *text, const char *host, unsigned port)
{
	struct ws_url u;
	struct err e;

	ck_assert_int_eq(ws_url_parse(&u, text, &e), 0);
	ck_assert_str_eq(u.address.host, host);
	ck_assert_uint_eq(u.address.port, port);
	ck_assert(u.is_tls == (text[2] == 's'));
}

START_TEST(each_scheme_has_its_port)
{
	check_place("ws://example.com/x", "example.com", 80);
	check_place("wss://example.com", "example.com", 443);
	check_place("wss://[::1]:8443/x", "::1", 8443);
}
END_TEST

UNIT_MAIN("ctl/ws_url", since_stands_behind_the_query, each_scheme_has_its_port)
