/* redis_announced: what sentinels call a place. */
#include "backend/redis_announced.h"
#include "unit.h"

static void check_address(const char *host, const char *port, const char *shown)
{
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	ck_assert_msg(
	    redis_announced_address(&a, slice_str(host), slice_str(port)),
	    "%s %s", host, port);
	address_format(&a, text);
	ck_assert_str_eq(text, shown);
}

START_TEST(test_a_host_is_a_number_or_a_name)
{
	check_address("127.0.0.1", "6379", "127.0.0.1:6379");
	check_address("redis-0.redis.svc.cluster.local", "1",
	    "redis-0.redis.svc.cluster.local:1");
	check_address("::1", "6379", "[::1]:6379");
	check_address("2001:db8::7", "65535", "[2001:db8::7]:65535");
}
END_TEST

START_TEST(test_nowhere_is_no_address)
{
	static const struct {
		const char *host, *port;
	} cases[] = { { "", "6379" }, { "127.0.0.1", "" }, { "h", "0" },
		{ "h", "65536" }, { "h", "123456" }, { "h", "-1" },
		{ "*", "6379" }, { "0.0.0.0", "6379" }, { "::", "6379" },
		{ "a b", "6379" }, { "[::1]", "6379" }, { "::1]:1", "2" },
		{ "1.2.3", "6379" }, { "h", "1 " }, { "h:1", "6379" } };
	char longest[ADDRESS_HOST_MAX + 2];
	struct address a;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(
		    !redis_announced_address(
			&a, slice_str(cases[i].host), slice_str(cases[i].port)),
		    "%s %s", cases[i].host, cases[i].port);
	memset(longest, 'a', sizeof longest);
	ck_assert(redis_announced_address(
	    &a, slice_of(longest, ADDRESS_HOST_MAX), slice_str("1")));
	ck_assert(!redis_announced_address(
	    &a, slice_of(longest, ADDRESS_HOST_MAX + 1), slice_str("1")));
}
END_TEST

START_TEST(test_a_switch_names_both)
{
	struct redis_announced_switch s;

	ck_assert(redis_announced_read_switch(
	    &s, slice_str("mymaster 127.0.0.1 6379 2001:db8::7 6380")));
	ck_assert(slice_eq(s.master, slice_str("mymaster")));
	ck_assert_str_eq(s.from.host, "127.0.0.1");
	ck_assert_uint_eq(s.from.port, 6379);
	ck_assert_str_eq(s.to.host, "2001:db8::7");
	ck_assert_uint_eq(s.to.port, 6380);
}
END_TEST

START_TEST(test_what_is_no_switch)
{
	static const char *const texts[] = { "", " ", "mymaster",
		"mymaster 127.0.0.1 6379", "mymaster 127.0.0.1 6379 127.0.0.1",
		" 127.0.0.1 6379 127.0.0.1 6380",
		"mymaster 127.0.0.1 6379 127.0.0.1 0",
		"mymaster  127.0.0.1 6379 127.0.0.1 6380",
		"mymaster 127.0.0.1 6379 127.0.0.1 6380 more" };
	struct redis_announced_switch s;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_msg(
		    !redis_announced_read_switch(&s, slice_str(texts[i])), "%s",
		    texts[i]);
}
END_TEST

UNIT_MAIN("backend/redis_announced", test_a_host_is_a_number_or_a_name,
    test_nowhere_is_no_address, test_a_switch_names_both,
    test_what_is_no_switch)
