/*
 * ip: both families in one form, their spellings, and whom a limit counts.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/ip.h"
#include "rng.h"
#include "unit.h"

static struct ip parsed(const char *text)
{
	struct ip ip;

	ck_assert_msg(ip_parse(slice_str(text), &ip), "%s", text);
	return ip;
}

static void check_text(const char *text, const char *expected)
{
	struct ip ip = parsed(text);
	char out[IP_TEXT_MAX];

	ip_format(&ip, out);
	ck_assert_str_eq(out, expected);
}

START_TEST(texts_come_back_in_their_shortest_form)
{
	check_text("192.0.2.7", "192.0.2.7");
	check_text("0.0.0.0", "0.0.0.0");
	check_text("255.255.255.255", "255.255.255.255");
	check_text("2001:DB8:0:0:0:0:0:7", "2001:db8::7");
	check_text("::", "::");
	check_text("::1", "::1");
	check_text("::ffff:192.0.2.7", "192.0.2.7");
	check_text("::FFFF:c000:207", "192.0.2.7");
	check_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}
END_TEST

static void check_port(const char *text, unsigned port, const char *expected)
{
	struct ip ip = parsed(text);
	char out[IP_PORT_TEXT_MAX];

	ip_format_port(&ip, (uint16_t)port, out);
	ck_assert_str_eq(out, expected);
}

START_TEST(a_port_stands_behind_brackets)
{
	check_port("192.0.2.7", 80, "192.0.2.7:80");
	check_port("::ffff:192.0.2.7", 80, "192.0.2.7:80");
	check_port("2001:db8::7", 80, "[2001:db8::7]:80");
	check_port("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	check_port("192.0.2.7", 0, "192.0.2.7");
	check_port("::1", 0, "::1");
}
END_TEST

START_TEST(other_spellings_are_none)
{
	static const char *const texts[] = { "", " ", "1.2.3", "1.2.3.4.5",
		"01.2.3.4", "1.2.3.256", "0x7f.0.0.1", "2130706433", "1.2.3.4 ",
		" 1.2.3.4", "1.2.3.4:5", "[::1]", "::1%lo", "fe80::1%1",
		":::", "1::2::3", "::12345", "::g", "::ffff:1.2.3", "localhost",
		"1:2:3:4:5:6:7:8:9", "1.2.3.4\n",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0001" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ip ip;

		ck_assert_msg(
		    !ip_parse(slice_str(texts[i]), &ip), "%s", texts[i]);
	}
}
END_TEST

START_TEST(a_nul_byte_does_not_end_a_text)
{
	struct ip ip;

	ck_assert(!ip_parse(slice_of("1.2.3.4\0x", 9), &ip));
	ck_assert(!ip_parse(slice_of("1.2.3.4\0", 8), &ip));
	ck_assert(ip_parse(slice_of("1.2.3.4567", 7), &ip));
}
END_TEST

START_TEST(socket_addresses_give_address_and_port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons(4711),
		.sin_addr = { htonl(0xc0000207) } };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(80),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct ip ip, wanted = parsed("192.0.2.7");
	uint16_t port = 9;

	ck_assert(ip_from_sockaddr((const struct sockaddr *)&v4, &ip, &port));
	ck_assert(ip_eq(&ip, &wanted));
	ck_assert_uint_eq(port, 4711);
	wanted = parsed("::1");
	ck_assert(ip_from_sockaddr((const struct sockaddr *)&v6, &ip, &port));
	ck_assert(ip_eq(&ip, &wanted));
	ck_assert_uint_eq(port, 80);
	ck_assert(ip_from_sockaddr((const struct sockaddr *)&v6, &ip, NULL));
	ck_assert(
	    !ip_from_sockaddr((const struct sockaddr *)&path, &ip, &port));
	wanted = parsed("::");
	ck_assert(ip_eq(&ip, &wanted));
	ck_assert_uint_eq(port, 0);
}
END_TEST

START_TEST(a_dual_stack_socket_shows_the_same_ipv4_client)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct ip ip, wanted = parsed("192.0.2.7");

	ck_assert_int_eq(
	    inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6.sin6_addr), 1);
	ck_assert(ip_from_sockaddr((const struct sockaddr *)&v6, &ip, NULL));
	ck_assert(ip_eq(&ip, &wanted));
	ck_assert(ip_is_v4(&ip));
}
END_TEST

static bool is_one_subscriber(const char *x, const char *y)
{
	struct ip a = parsed(x), b = parsed(y);

	a = ip_subscriber(&a);
	b = ip_subscriber(&b);
	return ip_eq(&a, &b);
}

START_TEST(a_limit_counts_the_64_of_ipv6_and_the_whole_of_ipv4)
{
	ck_assert(is_one_subscriber("2001:db8:1:2::1", "2001:db8:1:2:a:b:c:d"));
	ck_assert(!is_one_subscriber("2001:db8:1:2::1", "2001:db8:1:3::1"));
	ck_assert(!is_one_subscriber("192.0.2.7", "192.0.2.8"));
	ck_assert(is_one_subscriber("192.0.2.7", "::ffff:192.0.2.7"));
	ck_assert(!is_one_subscriber("192.0.2.7", "::1"));
	ck_assert(is_one_subscriber("::1", "::2"));
}
END_TEST

START_TEST(random_addresses_survive_their_text)
{
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		unsigned char bytes[IP_BYTES];
		char text[IP_TEXT_MAX];
		struct ip ip, back;

		rng_fill(&seed, bytes, sizeof bytes);
		for (uint64_t zeros = rng_below(&seed, 17); zeros > 0; zeros--)
			bytes[rng_below(&seed, IP_BYTES)] = 0;
		ip = i % 2 ? ip_from_v4(bytes) : ip_from_v6(bytes);
		ck_assert_int_eq(ip_is_v4(&ip), i % 2);
		ip_format(&ip, text);
		back = parsed(text);
		ck_assert_msg(ip_eq(&ip, &back), "%s", text);
	}
}
END_TEST

UNIT_MAIN("base/ip", texts_come_back_in_their_shortest_form,
    a_port_stands_behind_brackets, other_spellings_are_none,
    a_nul_byte_does_not_end_a_text, socket_addresses_give_address_and_port,
    a_dual_stack_socket_shows_the_same_ipv4_client,
    a_limit_counts_the_64_of_ipv6_and_the_whole_of_ipv4,
    random_addresses_survive_their_text)
