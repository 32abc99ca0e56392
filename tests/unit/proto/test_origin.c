/*
 * origin: what browsers send and operators allow, and the tricks by which
 * another page has tried to look like an allowed one.
 */
#include <stdio.h>

#include "proto/origin.h"
#include "unit.h"

#define SITE(scheme_, host_, port_)                               \
	{                                                         \
		.scheme = scheme_, .host = host_, .port = (port_) \
	}

static const struct origin_pattern site = {
	SITE("https", "app.example.com", 443),
	false,
};
static const struct origin_pattern below = {
	SITE("https", "example.com", 443),
	true,
};
static const struct origin_pattern null_origin = { { .is_null = true }, false };

static bool allows(const struct origin_pattern *p, const char *text)
{
	struct origin o;

	return origin_parse(slice_str(text), &o) && origin_matches(&o, p);
}

static struct origin parsed(const char *text)
{
	struct origin o;

	ck_assert_msg(origin_parse(slice_str(text), &o), "%s", text);
	return o;
}

START_TEST(an_origin_comes_apart)
{
	struct origin o = parsed("HTTPS://App.Example.COM:8443");

	ck_assert_str_eq(o.scheme, "https");
	ck_assert_str_eq(o.host, "app.example.com");
	ck_assert_uint_eq(o.port, 8443);
	ck_assert(!o.is_null && !o.is_address);
	ck_assert_uint_eq(parsed("https://a").port, 443);
	ck_assert_uint_eq(parsed("http://a").port, 80);
	ck_assert_uint_eq(parsed("capacitor://localhost").port, 0);
	ck_assert(parsed("null").is_null);
	ck_assert(parsed("http://192.0.2.7:8080").is_address);
	o = parsed("http://[2001:DB8:0::7]:8080");
	ck_assert_str_eq(o.host, "[2001:db8::7]");
	ck_assert(o.is_address);
	ck_assert_uint_eq(o.port, 8080);
}
END_TEST

START_TEST(the_exact_origin_passes_however_it_is_spelt)
{
	ck_assert(allows(&site, "https://app.example.com"));
	ck_assert(allows(&site, "https://app.example.com:443"));
	ck_assert(allows(&site, "HTTPS://APP.Example.Com"));
}
END_TEST

START_TEST(a_wildcard_takes_any_depth_below)
{
	ck_assert(allows(&below, "https://app.example.com"));
	ck_assert(allows(&below, "https://a.b.c.example.com"));
	ck_assert(allows(&below, "https://A.EXAMPLE.COM:443"));
	ck_assert(allows(&below, "https://xn--mnchen-3ya.example.com"));
}
END_TEST

/* Each well-formed: the comparison must tell them apart. */
START_TEST(origins_that_only_look_alike_do_not_match)
{
	static const char *const tricks[] = {
		"https://example.com", /* the wildcard's own domain */
		"https://evil-example.com",
		"https://evilexample.com",
		"https://app.example.com.evil.net",
		"https://example.com.evil.net",
		"https://app-example.com",
		"https://appxexample.com",
		"https://app.example.co",
		"https://app.example.comm",
		"https://pp.example.com.example.org",
		"http://app.example.com",
		"http://app.example.com:443",
		"https://app.example.com:8443",
		"https://app.example.com:80",
		"wss://app.example.com",
		"httpsx://app.example.com",
		"https://com",
		"https://evil.net",
		"https://93.184.216.34",
		"https://[2001:db8::1]",
		"https://xn--app-example-com.evil.net",
		"null",
	};

	for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
		(void)parsed(tricks[i]);
		ck_assert_msg(!allows(&site, tricks[i]), "%s", tricks[i]);
		ck_assert_msg(!allows(&below, tricks[i]), "%s", tricks[i]);
	}
}
END_TEST

/* None of them is an origin: nothing is there to be compared. */
START_TEST(what_no_browser_sends_is_no_origin)
{
	static const char *const tricks[] = {
		"",
		" ",
		"*",
		"https://*",
		"https://*.example.com",
		"NULL",
		"null null",
		"undefined",
		"app.example.com",
		"//app.example.com",
		"://app.example.com",
		"https:app.example.com",
		"https:/app.example.com",
		"https:///app.example.com",
		"https://",
		"https://:443",
		"https://app.example.com/",
		"https://app.example.com/path",
		"https://evil.net/.app.example.com",
		"https://evil.net?.app.example.com",
		"https://evil.net#.app.example.com",
		"https://evil.net\\.app.example.com",
		"https://evil.net%2f.app.example.com",
		"https://evil.net%00.app.example.com",
		"https://app.example.com@evil.net",
		"https://user:pass@app.example.com",
		"https://@app.example.com",
		"https://app.example.com.",
		"https://app.example.com..",
		"https://.app.example.com",
		"https://.example.com",
		"https://app..example.com",
		"https://app.example.com:",
		"https://app.example.com:0",
		"https://app.example.com:0443",
		"https://app.example.com:65536",
		"https://app.example.com:99999",
		"https://app.example.com:4430000",
		"https://app.example.com:443:443",
		"https://app.example.com:443/",
		"https://app.example.com: 443",
		"https://app.example.com:+443",
		"https://app.example.com:-1",
		"https://app.example.com:https",
		"https://app.example.com https://evil.net",
		"https://evil.net https://app.example.com",
		"https://app.example.com,https://evil.net",
		" https://app.example.com",
		"https://app.example.com ",
		"https://app.example.com\t",
		"https://app.example.com\r\nx: y",
		"https://app example.com",
		"https://\xc3\xa4pp.example.com",
		"https://app\xe3\x80\x82.example.com", /* a full-width dot */
		"https://app.example.com\xef\xbb\xbf", /* a byte order mark */
		"https://app.ex\xd0\xb0mple.com",      /* a Cyrillic letter */
		"1https://app.example.com",
		"ht tps://app.example.com",
		"ht_tps://app.example.com",
		"https://[::1",
		"https://::1",
		"https://[::1]x",
		"https://[::1].example.com",
		"https://[]",
		"https://[app.example.com]",
		"https://[::1%25lo]",
		"https://[127.0.0.1]",
		"https://[::ffff:127.0.0.1]",
		"https://127.1",
		"https://2130706433",
		"https://0x7f.0.0.1",
		"https://127.0.0.0x1",
		"https://127.0.0.01",
		"https://app.example.1",
		"https://app.example.0x",
	};

	for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
		struct origin o;

		ck_assert_msg(
		    !origin_parse(slice_str(tricks[i]), &o), "%s", tricks[i]);
	}
}
END_TEST

START_TEST(a_nul_byte_does_not_end_an_origin)
{
	static const char text[] = "https://app.example.com\0.evil.net";
	struct origin o;

	ck_assert(!origin_parse(slice_of(text, sizeof text - 1), &o));
	ck_assert(!origin_parse(slice_of("null", 5), &o));
}
END_TEST

START_TEST(null_passes_only_where_it_is_listed)
{
	ck_assert(allows(&null_origin, "null"));
	ck_assert(!allows(&null_origin, "https://null"));
	ck_assert(!allows(&null_origin, "null://"));
	ck_assert(!allows(&null_origin, "null://null"));
	ck_assert(!allows(&null_origin, "https://app.example.com"));
	ck_assert(!allows(&site, "null"));
	ck_assert(!allows(&below, "null"));
}
END_TEST

START_TEST(ports_are_part_of_an_origin)
{
	const struct origin_pattern p = { SITE("http", "localhost", 3000),
		false };

	ck_assert(allows(&p, "http://localhost:3000"));
	ck_assert(!allows(&p, "http://localhost"));
	ck_assert(!allows(&p, "http://localhost:30000"));
	ck_assert(!allows(&p, "https://localhost:3000"));
}
END_TEST

START_TEST(ipv6_hosts_are_compared_by_what_they_mean)
{
	const struct origin_pattern p = { SITE("http", "[2001:db8::7]", 80),
		false };

	ck_assert(allows(&p, "http://[2001:db8::7]"));
	ck_assert(allows(&p, "http://[2001:0DB8:0:0::0007]:80"));
	ck_assert(!allows(&p, "http://[2001:db8::8]"));
}
END_TEST

/* "*.0.0.1" is refused by the configuration; here it finds no names. */
START_TEST(a_wildcard_takes_no_addresses)
{
	const struct origin_pattern p = { SITE("http", "0.0.1", 80), true };

	ck_assert(!allows(&p, "http://127.0.0.1"));
	ck_assert(!allows(&p, "http://10.0.0.1"));
}
END_TEST

START_TEST(a_scheme_of_an_app_matches_without_a_port)
{
	const struct origin_pattern p = { SITE("capacitor", "localhost", 0),
		false };

	ck_assert(allows(&p, "capacitor://localhost"));
	ck_assert(!allows(&p, "capacitor://localhost:80"));
	ck_assert(!allows(&p, "ionic://localhost"));
}
END_TEST

/* "https://" and labels of 63 letters up to len bytes in all. */
static size_t put_long(char *out, size_t host_len)
{
	size_t at = (size_t)sprintf(out, "https://");

	for (size_t i = 1; i <= host_len; i++)
		out[at++] = i % 64 == 0 ? '.' : 'a';
	return at;
}

START_TEST(long_names_are_bounded)
{
	char text[2 * ORIGIN_MAX];
	struct origin o;
	size_t len = put_long(text, ORIGIN_HOST_MAX);

	ck_assert(origin_parse(slice_of(text, len), &o));
	len = put_long(text, ORIGIN_HOST_MAX + 1);
	ck_assert(!origin_parse(slice_of(text, len), &o));
	memset(text, 'a', sizeof text);
	memcpy(text, "https://", 8);
	ck_assert(origin_parse(slice_of(text, 8 + 63), &o));
	ck_assert(!origin_parse(slice_of(text, 8 + 64), &o));
	ck_assert(!origin_parse(slice_of(text, ORIGIN_MAX + 1), &o));
	memset(text, 'a', sizeof text);
	memcpy(text + ORIGIN_SCHEME_MAX, "://a", 4);
	ck_assert(origin_parse(slice_of(text, ORIGIN_SCHEME_MAX + 4), &o));
	memcpy(text + ORIGIN_SCHEME_MAX, "a://a", 5);
	ck_assert(!origin_parse(slice_of(text, ORIGIN_SCHEME_MAX + 5), &o));
}
END_TEST

UNIT_MAIN("proto/origin", an_origin_comes_apart,
    the_exact_origin_passes_however_it_is_spelt,
    a_wildcard_takes_any_depth_below, origins_that_only_look_alike_do_not_match,
    what_no_browser_sends_is_no_origin, a_nul_byte_does_not_end_an_origin,
    null_passes_only_where_it_is_listed, ports_are_part_of_an_origin,
    ipv6_hosts_are_compared_by_what_they_mean, a_wildcard_takes_no_addresses,
    a_scheme_of_an_app_matches_without_a_port, long_names_are_bounded)
