/*
 * prefix: spellings, what lies inside at each edge, and random ones against a
 * comparison bit by bit.
 */
#include "base/prefix.h"
#include "rng.h"
#include "unit.h"

static struct prefix parsed(const char *text)
{
	struct prefix p;
	struct err e;

	ck_assert_msg(
	    prefix_parse(&p, slice_str(text), &e) == 0, "%s: %s", text, e.text);
	return p;
}

static bool holds(const char *prefix, const char *address)
{
	struct prefix p = parsed(prefix);
	struct ip ip;

	ck_assert(ip_parse(slice_str(address), &ip));
	return prefix_holds(&p, &ip);
}

START_TEST(an_ipv4_prefix_holds_its_range)
{
	ck_assert(holds("10.0.0.0/8", "10.0.0.0"));
	ck_assert(holds("10.0.0.0/8", "10.255.255.255"));
	ck_assert(!holds("10.0.0.0/8", "11.0.0.0"));
	ck_assert(!holds("10.0.0.0/8", "9.255.255.255"));
	ck_assert(holds("172.16.0.0/12", "172.31.0.1"));
	ck_assert(!holds("172.16.0.0/12", "172.32.0.1"));
	ck_assert(holds("192.0.2.7", "192.0.2.7"));
	ck_assert(!holds("192.0.2.7", "192.0.2.6"));
	ck_assert(holds("192.0.2.6/31", "192.0.2.7"));
	ck_assert(holds("0.0.0.0/0", "255.1.2.3"));
}
END_TEST

START_TEST(an_ipv6_prefix_holds_its_range)
{
	ck_assert(holds("2001:db8::/32", "2001:db8:ffff::1"));
	ck_assert(!holds("2001:db8::/32", "2001:db9::"));
	ck_assert(holds("fc00::/7", "fdff::1"));
	ck_assert(!holds("fc00::/7", "fe00::"));
	ck_assert(holds("::1", "::1"));
	ck_assert(!holds("::1", "::"));
	ck_assert(holds("::/0", "2001:db8::1"));
}
END_TEST

START_TEST(the_families_do_not_hold_each_other)
{
	ck_assert(!holds("::/0", "192.0.2.7"));
	ck_assert(!holds("::/80", "192.0.2.7"));
	ck_assert(!holds("0.0.0.0/0", "::1"));
	ck_assert(!holds("0.0.0.0/0", "2001:db8::1"));
}
END_TEST

START_TEST(a_mapped_spelling_means_ipv4)
{
	ck_assert(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
	ck_assert(holds("::ffff:0:0/96", "192.0.2.7"));
	ck_assert(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
}
END_TEST

START_TEST(broken_spellings_say_why)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ "", "no IPv4 or IPv6 address" },
		{ "/8", "no IPv4 or IPv6 address" },
		{ "10/8", "no IPv4 or IPv6 address" },
		{ "example.com", "no IPv4 or IPv6 address" },
		{ "[::1]/128", "no IPv4 or IPv6 address" },
		{ "10.0.0.1:80", "no IPv4 or IPv6 address" },
		{ " 10.0.0.0/8", "no IPv4 or IPv6 address" },
		{ "10.0.0.0/", "from 0 to 32" },
		{ "10.0.0.0/33", "from 0 to 32" },
		{ "10.0.0.0/08", "from 0 to 32" },
		{ "10.0.0.0/-1", "from 0 to 32" },
		{ "10.0.0.0/8/8", "from 0 to 32" },
		{ "10.0.0.0/255.0.0.0", "from 0 to 32" },
		{ "::/129", "from 0 to 128" },
		{ "::/1000", "from 0 to 128" },
		{ "10.1.0.0/8", "write 10.0.0.0/8" },
		{ "0.0.0.1/0", "write 0.0.0.0/0" },
		{ "192.0.2.7/31", "write 192.0.2.6/31" },
		{ "2001:db8::1/32", "write 2001:db8::/32" },
		{ "::ffff:10.0.0.1/104", "write 10.0.0.0/8" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct prefix p;
		struct err e = { "" };

		ck_assert_int_lt(
		    prefix_parse(&p, slice_str(rows[i].text), &e), 0);
		ck_assert_msg(strstr(e.text, rows[i].why) != NULL, "%s: %s",
		    rows[i].text, e.text);
		ck_assert_int_lt(
		    prefix_parse(&p, slice_str(rows[i].text), NULL), 0);
	}
}
END_TEST

START_TEST(any_of_several_is_enough)
{
	struct prefix list[] = { parsed("10.0.0.0/8"), parsed("fd00::/8") };
	struct ip inside, outside;

	ck_assert(ip_parse(slice_str("fd12::1"), &inside));
	ck_assert(ip_parse(slice_str("192.0.2.7"), &outside));
	ck_assert(prefix_any_holds(list, 2, &inside));
	ck_assert(!prefix_any_holds(list, 1, &inside));
	ck_assert(!prefix_any_holds(list, 2, &outside));
	ck_assert(!prefix_any_holds(NULL, 0, &inside));
}
END_TEST

static bool bit(const unsigned char *bytes, unsigned i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

/* One bit flipped: inside exactly when it stands behind the prefix. */
START_TEST(each_bit_counts_up_to_the_length)
{
	uint64_t seed = 1;

	for (unsigned bits = 0; bits <= 128; bits++) {
		struct prefix p = { .bits = bits };
		struct ip ip;

		rng_fill(&seed, ip.bytes, sizeof ip.bytes);
		ip.bytes[0] |= 1; /* never a mapped one */
		for (unsigned i = 0; i < bits; i++)
			if (bit(ip.bytes, i))
				p.bytes[i / 8] |= (unsigned char)(128 >> i % 8);
		ck_assert(prefix_holds(&p, &ip));
		for (unsigned i = 0; i < 128; i++) {
			struct ip other = ip;

			other.bytes[i / 8] ^= (unsigned char)(128 >> i % 8);
			ck_assert_int_eq(prefix_holds(&p, &other), i >= bits);
		}
	}
}
END_TEST

UNIT_MAIN("base/prefix", an_ipv4_prefix_holds_its_range,
    an_ipv6_prefix_holds_its_range, the_families_do_not_hold_each_other,
    a_mapped_spelling_means_ipv4, broken_spellings_say_why,
    any_of_several_is_enough, each_bit_counts_up_to_the_length)
