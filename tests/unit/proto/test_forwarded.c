/*
 * forwarded: chains of proxies, spellings of entries, and lists that a client
 * made up.
 */
#include <stdio.h>
#include <string.h>

#include "proto/forwarded.h"
#include "proto/http.h"
#include "unit.h"

enum { TRUSTED = 2 };

static void fill_trusted(struct prefix trusted[TRUSTED])
{
	ck_assert_int_eq(
	    prefix_parse(&trusted[0], slice_str("10.0.0.0/8"), NULL), 0);
	ck_assert_int_eq(
	    prefix_parse(&trusted[1], slice_str("fd00::/8"), NULL), 0);
}

static struct ip address(const char *text)
{
	struct ip ip;

	ck_assert_msg(ip_parse(slice_str(text), &ip), "%s", text);
	return ip;
}

static void check_values(const struct slice *values, size_t count,
    const char *peer, const char *expected)
{
	struct prefix trusted[TRUSTED];
	struct ip from = address(peer), ip;
	char text[IP_TEXT_MAX];

	fill_trusted(trusted);
	ip = forwarded_client(values, count, &from, trusted, TRUSTED);
	ip_format(&ip, text);
	ck_assert_str_eq(text, expected);
}

/* One header, from a trusted peer. */
static void check(const char *value, const char *expected)
{
	struct slice values[] = { slice_str(value) };

	check_values(values, 1, "10.0.0.1", expected);
}

START_TEST(the_right_most_address_that_is_not_trusted_is_the_client)
{
	check("192.0.2.7", "192.0.2.7");
	check("192.0.2.7, 10.0.0.2", "192.0.2.7");
	check("192.0.2.7,10.0.0.2 ,\t10.0.0.3", "192.0.2.7");
	check("2001:db8::7, fd00::1", "2001:db8::7");
}
END_TEST

START_TEST(what_the_client_wrote_itself_is_not_read)
{
	check("1.1.1.1, 192.0.2.7", "192.0.2.7");
	check("1.1.1.1, 192.0.2.7, 10.0.0.2", "192.0.2.7");
	check("10.0.0.9, 192.0.2.7", "192.0.2.7");
	check("garbage, 192.0.2.7", "192.0.2.7");
}
END_TEST

START_TEST(an_untrusted_peer_is_the_client_whatever_it_says)
{
	struct slice values[] = { slice_str("1.1.1.1") };

	check_values(values, 1, "192.0.2.7", "192.0.2.7");
	check_values(values, 1, "::1", "::1");
	check_values(values, 0, "192.0.2.7", "192.0.2.7");
}
END_TEST

START_TEST(nobody_is_trusted_by_default)
{
	struct slice values[] = { slice_str("1.1.1.1") };
	struct ip peer = address("10.0.0.1");
	struct ip ip = forwarded_client(values, 1, &peer, NULL, 0);

	ck_assert(ip_eq(&ip, &peer));
}
END_TEST

START_TEST(without_a_list_the_peer_is_the_client)
{
	check("", "10.0.0.1");
	check(" ", "10.0.0.1");
	check(", ,,", "10.0.0.1");
	check_values(NULL, 0, "10.0.0.1", "10.0.0.1");
}
END_TEST

START_TEST(when_all_are_trusted_the_first_of_them_is_the_client)
{
	check("10.0.0.3, 10.0.0.2", "10.0.0.3");
}
END_TEST

START_TEST(several_headers_are_one_list)
{
	struct slice values[] = { slice_str("1.1.1.1"), slice_str("192.0.2.7"),
		slice_str(""), slice_str("10.0.0.3, 10.0.0.2") };

	check_values(values, 4, "10.0.0.1", "192.0.2.7");
	check_values(values, 1, "10.0.0.1", "1.1.1.1");
	check_values(values + 3, 1, "10.0.0.1", "10.0.0.3");
}
END_TEST

START_TEST(ports_and_brackets_are_taken)
{
	check("192.0.2.7:4711", "192.0.2.7");
	check("192.0.2.7:0", "192.0.2.7");
	check("[2001:db8::7]", "2001:db8::7");
	check("[2001:db8::7]:4711", "2001:db8::7");
	check("2001:db8::7", "2001:db8::7");
	check("::ffff:192.0.2.7", "192.0.2.7");
	check("[::ffff:192.0.2.7]:1", "192.0.2.7");
	check("192.0.2.7, [fd00::1]:80, 10.0.0.2:1234", "192.0.2.7");
}
END_TEST

START_TEST(a_broken_entry_ends_the_walk_at_the_last_good_one)
{
	static const char *const broken[] = { "unknown", "_hidden", "localhost",
		"1.2.3", "1.2.3.4.5", "01.2.3.4", "192.0.2.7:", "192.0.2.7:x",
		"192.0.2.7:65536", "192.0.2.7:123456", "192.0.2.7:1:2",
		"192.0.2.7 1", "[", "[]", "[2001:db8::7", "[2001:db8::7]x",
		"[2001:db8::7]4711", "[2001:db8::7]:", "[192.0.2.7]",
		"2001:db8::7%eth0", "\"192.0.2.7\"", "for=192.0.2.7", ":80",
		"192.0.2.7;1.1.1.1", "\xc2\xa0 192.0.2.7" };

	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		char value[128];

		check(broken[i], "10.0.0.1");
		(void)snprintf(
		    value, sizeof value, "1.1.1.1, %s, 10.0.0.2", broken[i]);
		check(value, "10.0.0.2");
	}
}
END_TEST

/* count times a trusted address behind the client's. */
static size_t put_chain(char *out, size_t count)
{
	size_t len = (size_t)sprintf(out, "192.0.2.7");

	for (size_t i = 0; i < count; i++)
		len += (size_t)sprintf(out + len, ",10.0.0.%zu", i + 2);
	return len;
}

START_TEST(at_most_64_entries_are_read)
{
	char text[2048];
	struct slice values[1];

	values[0] = slice_of(text, put_chain(text, 63));
	check_values(values, 1, "10.0.0.1", "192.0.2.7");
	values[0] = slice_of(text, put_chain(text, 64));
	check_values(values, 1, "10.0.0.1", "10.0.0.2");
}
END_TEST

/* Blanks between the client and the proxy, total bytes with its comma. */
static void check_wide(size_t total, const char *expected)
{
	char text[2 * FORWARDED_MAX_BYTES];
	struct slice values[] = { slice_of(text, total) };

	memset(text, ' ', sizeof text);
	memcpy(text, "192.0.2.7,", 10);
	memcpy(text + total - 8, "10.0.0.2", 8);
	check_values(values, 1, "10.0.0.1", expected);
}

START_TEST(at_most_4096_bytes_are_read)
{
	check_wide(FORWARDED_MAX_BYTES, "192.0.2.7");
	check_wide(FORWARDED_MAX_BYTES + 1, "10.0.0.2");
	check_wide(FORWARDED_MAX_BYTES + 100, "10.0.0.1");
}
END_TEST

START_TEST(a_long_run_of_commas_ends_somewhere)
{
	char text[2 * FORWARDED_MAX_BYTES];
	struct slice values[] = { slice_of(text, sizeof text) };

	memset(text, ',', sizeof text);
	memcpy(text, "192.0.2.7", 9);
	check_values(values, 1, "10.0.0.1", "10.0.0.1");
}
END_TEST

START_TEST(the_headers_of_a_request_are_found)
{
	static const char text[] = "GET / HTTP/1.1\r\n"
				   "Host: a\r\n"
				   "X-Forwarded-For: 192.0.2.7\r\n"
				   "Forwarded: for=1.1.1.1\r\n"
				   "x-forwarded-for: 10.0.0.2\r\n"
				   "\r\n";
	struct prefix trusted[TRUSTED];
	struct ip peer = address("fd00::1"), wanted = address("192.0.2.7"), ip;
	struct http_head head = { 0 };
	const char *why;

	fill_trusted(trusted);
	ck_assert_int_eq(
	    http_parse(&head, text, sizeof text - 1, 8192, &why), HTTP_DONE);
	ip = forwarded_client_of(&head, text, &peer, trusted, TRUSTED);
	ck_assert(ip_eq(&ip, &wanted));
}
END_TEST

UNIT_MAIN("proto/forwarded",
    the_right_most_address_that_is_not_trusted_is_the_client,
    what_the_client_wrote_itself_is_not_read,
    an_untrusted_peer_is_the_client_whatever_it_says,
    nobody_is_trusted_by_default, without_a_list_the_peer_is_the_client,
    when_all_are_trusted_the_first_of_them_is_the_client,
    several_headers_are_one_list, ports_and_brackets_are_taken,
    a_broken_entry_ends_the_walk_at_the_last_good_one,
    at_most_64_entries_are_read, at_most_4096_bytes_are_read,
    a_long_run_of_commas_ends_somewhere, the_headers_of_a_request_are_found)
