/* conf_origin: what an origin is taken apart into, and what none is. */
#include <errno.h>
#include <string.h>

#include "conf/conf_origin.h"
#include "proto/origin.h"
#include "unit.h"

struct expected {
	const char *scheme, *host;
	bool is_wildcard;
	unsigned port;
};

static void check(const char *text, struct expected x)
{
	struct origin_pattern p;
	struct err e = { "" };
	int rc = conf_origin_parse(&p, text, &e);

	ck_assert_msg(rc == 0, "%s: %s", text, e.text);
	ck_assert_str_eq(p.site.scheme, x.scheme);
	ck_assert_str_eq(p.site.host, x.host);
	ck_assert_msg(p.is_wildcard == x.is_wildcard, "%s", text);
	ck_assert_uint_eq(p.site.port, x.port);
}

static void refuse(const char *text, const char *why)
{
	struct origin_pattern p;
	struct err e = { "" };

	ck_assert_msg(
	    conf_origin_parse(&p, text, &e) == -EINVAL, "%s is taken", text);
	ck_assert_msg(strstr(e.text, why), "%s: %s", text, e.text);
	ck_assert_int_eq(conf_origin_check(text, &e), -EINVAL);
}

START_TEST(the_port_of_the_scheme_is_filled_in)
{
	check("http://a.example",
	    (struct expected){ "http", "a.example", false, 80 });
	check("https://a.example",
	    (struct expected){ "https", "a.example", false, 443 });
	check("https://a.example:443",
	    (struct expected){ "https", "a.example", false, 443 });
	check("http://a.example:443",
	    (struct expected){ "http", "a.example", false, 443 });
	check("capacitor://localhost",
	    (struct expected){ "capacitor", "localhost", false, 0 });
	check("app://x:1", (struct expected){ "app", "x", false, 1 });
}
END_TEST

START_TEST(a_wildcard_loses_its_asterisk_and_dot)
{
	check("https://*.a.example",
	    (struct expected){ "https", "a.example", true, 443 });
	check("https://*.localhost:65535",
	    (struct expected){ "https", "localhost", true, 65535 });
}
END_TEST

START_TEST(case_and_address_are_spelt_as_browsers_do)
{
	check("HTTPS://App.Example.COM",
	    (struct expected){ "https", "app.example.com", false, 443 });
	check("http://[2001:DB8:0:0::1]:8080",
	    (struct expected){ "http", "[2001:db8::1]", false, 8080 });
	check("http://[::1]", (struct expected){ "http", "[::1]", false, 80 });
	check("http://127.0.0.1",
	    (struct expected){ "http", "127.0.0.1", false, 80 });
	check("https://xn--caf-dma.example",
	    (struct expected){ "https", "xn--caf-dma.example", false, 443 });
}
END_TEST

START_TEST(null_stands_alone)
{
	struct origin_pattern p;

	ck_assert_int_eq(conf_origin_parse(&p, "null", NULL), 0);
	ck_assert(p.site.is_null);
	check("*", (struct expected){ "", "", false, 0 });
	refuse("**", "must be");
	refuse("null://", "has no host");
	refuse("null/", "must be");
}
END_TEST

START_TEST(what_no_browser_sends_is_refused_with_a_remedy)
{
	refuse("a.example", "must be SCHEME://HOST");
	refuse("https://a.example/", "leave out what follows");
	refuse("https://a.example\\b", "leave out what follows");
	refuse("https://u:p@a.example", "no user");
	refuse("WSS://a.example", "https:// or http://");
	refuse("ws://a.example", "https:// or http://");
	refuse("https://*", "in front of a whole name");
	refuse("https://*a.example", "in front of a whole name");
	refuse("https://a.*.example", "in front of a whole name");
	refuse("https://*.*.example", "in front of a whole name");
	refuse("https://a.example.", "'.' too many");
	refuse("https://*..example", "'.' too many");
	refuse("https://*.192.0.2.1", "not of an address");
	refuse("https://*.[::1]", "not of an address");
	refuse("https://caf\xc3\xa9.example", "xn--");
	refuse("https://a.example:", "no port");
	refuse("https://a.example:0", "must not be 0");
	refuse("app://a.example:00", "must not be 0");
	refuse("https://[::1]:0", "must not be 0");
	refuse("https://[::ffff:192.0.2.1]", "without brackets");
	refuse("://a.example", "must be SCHEME://HOST");
	refuse("h~://a.example", "must be SCHEME://HOST");
	refuse("https://", "has no host");
	refuse("", "must be SCHEME://HOST");
	refuse("https://app.1", "no browser");
	refuse("https://0x7f", "no browser");
	refuse("https://a.example:0443", "no browser");
}
END_TEST

UNIT_MAIN("conf/conf_origin", the_port_of_the_scheme_is_filled_in,
    a_wildcard_loses_its_asterisk_and_dot,
    case_and_address_are_spelt_as_browsers_do, null_stands_alone,
    what_no_browser_sends_is_refused_with_a_remedy)
