/* address: spellings that are fine; tests/conf/bad has those that are not. */
#include "base/address.h"
#include "unit.h"

static struct address parsed(const char *text)
{
	struct address a;
	struct err e;

	ck_assert_msg(address_parse(&a, text, &e) == 0, "%s: %s", text, e.text);
	return a;
}

static void check_tcp(const char *text, const char *host, unsigned port)
{
	struct address a = parsed(text);

	ck_assert(!a.is_unix);
	ck_assert_str_eq(a.host, host);
	ck_assert_uint_eq(a.port, port);
}

START_TEST(hosts_and_ports_come_apart)
{
	check_tcp("127.0.0.1:8080", "127.0.0.1", 8080);
	check_tcp("localhost:0", "localhost", 0);
	check_tcp("*:65535", "*", 65535);
	check_tcp("[::1]:1", "::1", 1);
	check_tcp("[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1);
	check_tcp("my_host-1.example.:80", "my_host-1.example.", 80);
}
END_TEST

START_TEST(a_unix_path_may_have_107_bytes)
{
	char text[5 + ADDRESS_PATH_MAX + 2];
	struct address a;

	memset(text, 'x', sizeof text);
	memcpy(text, "unix:/", 6);
	text[5 + ADDRESS_PATH_MAX] = '\0';
	a = parsed(text);
	ck_assert(a.is_unix);
	ck_assert_str_eq(a.host, text + 5);
	text[5 + ADDRESS_PATH_MAX] = 'x';
	text[5 + ADDRESS_PATH_MAX + 1] = '\0';
	ck_assert_int_lt(address_parse(&a, text, NULL), 0);
}
END_TEST

START_TEST(a_default_port_stands_in)
{
	struct address a;

	ck_assert_int_eq(
	    address_parse_tcp(&a, slice_str("[::1]"), 6379, NULL), 0);
	ck_assert_uint_eq(a.port, 6379);
	ck_assert_int_eq(
	    address_parse_tcp(&a, slice_str("h:1"), 6379, NULL), 0);
	ck_assert_uint_eq(a.port, 1);
	ck_assert_int_lt(address_parse_tcp(&a, slice_str(""), 1, NULL), 0);
}
END_TEST

static bool is_same(const char *x, const char *y)
{
	struct address a = parsed(x), b = parsed(y);

	return address_is_same(&a, &b);
}

START_TEST(addresses_clash_by_what_they_mean)
{
	ck_assert(is_same("a:080", "A:80"));
	ck_assert(!is_same("a:80", "b:80"));
	ck_assert(!is_same("a:0", "a:0"));
	ck_assert(is_same("unix:/a", "unix:/a"));
	ck_assert(!is_same("unix:/a", "unix:/A"));
	ck_assert(!is_same("unix:/a", "a:80"));
	ck_assert(is_same("[::1]:80", "[0:0::0001]:80"));
	ck_assert(is_same("[::ffff:1.2.3.4]:80", "1.2.3.4:80"));
	ck_assert(!is_same("0.0.0.0:80", "[::]:80"));
	ck_assert(is_same("*:80", "*:80"));
}
END_TEST

static bool covers(const char *x, const char *y)
{
	struct address a = parsed(x), b = parsed(y);

	return address_covers(&a, &b);
}

START_TEST(wildcards_cover_what_they_take)
{
	ck_assert(covers("*:80", "0.0.0.0:80"));
	ck_assert(covers("*:80", "[::]:80"));
	ck_assert(covers("*:80", "[::1]:80"));
	ck_assert(covers("*:80", "localhost:80"));
	ck_assert(covers("0.0.0.0:80", "127.0.0.1:80"));
	ck_assert(covers("[::]:80", "[::1]:80"));
	ck_assert(covers("[0::0]:80", "[::1]:80"));
	ck_assert(!covers("0.0.0.0:80", "[::1]:80"));
	ck_assert(!covers("[::]:80", "127.0.0.1:80"));
	ck_assert(!covers("0.0.0.0:80", "localhost:80"));
	ck_assert(!covers("127.0.0.1:80", "0.0.0.0:80"));
	ck_assert(!covers("*:80", "[::]:81"));
	ck_assert(!covers("*:0", "127.0.0.1:0"));
	ck_assert(!covers("*:80", "unix:/a"));
	ck_assert(!covers("unix:/a", "*:80"));
}
END_TEST

START_TEST(an_address_is_written_as_it_is_read)
{
	static const char *const texts[] = { "host:80", "127.0.0.1:1",
		"[2001:db8::7]:65535", "*:0", "unix:/run/a:b.sock" };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char out[ADDRESS_TEXT_MAX];
		struct address a;

		ck_assert_int_eq(address_parse(&a, texts[i], NULL), 0);
		address_format(&a, out);
		ck_assert_str_eq(out, texts[i]);
	}
}
END_TEST

UNIT_MAIN("base/address", hosts_and_ports_come_apart,
    a_unix_path_may_have_107_bytes, a_default_port_stands_in,
    addresses_clash_by_what_they_mean, wildcards_cover_what_they_take,
    an_address_is_written_as_it_is_read)
