/* hash_tag: as redis-server 7.0 chooses slots. */
#include "proto/hash_tag.h"
#include "unit.h"

static void check(const char *key, const char *tag)
{
	struct slice got = hash_tag_of(slice_str(key));

	ck_assert_msg(slice_eq(got, slice_str(tag)), "%s: %.*s", key,
	    (int)got.len, got.ptr);
}

START_TEST(what_is_in_the_first_braces_counts)
{
	check("", "");
	check("a", "a");
	check("a{b}c", "b");
	check("{b}{c}", "b");
	check("}{b}", "b");
	check("{{b}}", "{b");
	check("{a", "{a");
	check("a}b", "a}b");
	check("{}", "{}");
	check("{}{b}", "{}{b}");
}
END_TEST

START_TEST(what_has_an_end_of_its_own_is_no_tag)
{
	ck_assert(hash_tag_can_be(slice_str("a")));
	ck_assert(hash_tag_can_be(slice_str("{a")));
	ck_assert(!hash_tag_can_be(slice_str("")));
	ck_assert(!hash_tag_can_be(slice_str("a}b")));
	ck_assert(!hash_tag_can_be(slice_str("}")));
}
END_TEST

UNIT_MAIN("proto/hash_tag", what_is_in_the_first_braces_counts,
    what_has_an_end_of_its_own_is_no_tag)
