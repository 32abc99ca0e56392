/* redis_pattern: the prefix means itself. A server tells in test_redis. */
#include "proto/redis_pattern.h"
#include "unit.h"

static void check(const char *prefix, const char *expected)
{
	struct buf out = { 0 };

	redis_pattern_write(&out, slice_str(prefix));
	ck_assert(slice_eq(buf_slice(&out), slice_str(expected)));
	buf_fini(&out);
}

START_TEST(a_prefix_ends_in_a_star)
{
	check("roomcast:room:", "roomcast:room:*");
	check("a", "a*");
}
END_TEST

START_TEST(what_has_a_meaning_loses_it)
{
	check("a*b?c[d]e\\f", "a\\*b\\?c\\[d\\]e\\\\f*");
	check("[^a-z]:", "\\[^a-z\\]:*");
}
END_TEST

UNIT_MAIN(
    "proto/redis_pattern", a_prefix_ends_in_a_star, what_has_a_meaning_loses_it)
