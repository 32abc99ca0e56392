/* redis_rumour: how long one sentinel is believed alone, and which one. */
#include <string.h>

#include "backend/redis_rumour.h"
#include "unit.h"

static const struct address a = { .host = "127.0.0.1", .port = 7001 };
static const struct address b = { .host = "127.0.0.1", .port = 7002 };

START_TEST(test_it_is_believed_for_as_long_as_others_may_not_know)
{
	struct redis_rumour r = { 0 };

	ck_assert_ptr_null(redis_rumour_left(&r, 1000));
	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(address_is_same(redis_rumour_left(&r, 1000), &a));
	ck_assert_ptr_nonnull(redis_rumour_left(&r, 999 + REDIS_RUMOUR_MS));
	ck_assert_ptr_null(redis_rumour_left(&r, 1000 + REDIS_RUMOUR_MS));
}
END_TEST

START_TEST(test_who_was_wrong_is_not_believed_again)
{
	const int64_t end_ms = 1000 + REDIS_RUMOUR_MS;
	struct redis_rumour r = { 0 };

	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(
	    !redis_rumour_judge(&r, &a, true, end_ms - 1)); /* too early */
	ck_assert(redis_rumour_judge(&r, &a, true, end_ms));
	ck_assert_uint_eq(r.by, 2);
	ck_assert(!redis_rumour_judge(&r, &a, true, end_ms));
	ck_assert(!redis_rumour_take(&r, 2, &a, end_ms));
	ck_assert_ptr_null(redis_rumour_left(&r, end_ms));
	ck_assert(redis_rumour_take(&r, 1, &a, end_ms));
}
END_TEST

START_TEST(test_who_was_right_is_believed_again)
{
	const int64_t end_ms = 1000 + REDIS_RUMOUR_MS;
	struct redis_rumour r = { 0 };

	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(!redis_rumour_judge(&r, &b, true, end_ms));
	ck_assert(redis_rumour_take(&r, 2, &b, end_ms));
	ck_assert(address_is_same(redis_rumour_left(&r, end_ms), &b));
}
END_TEST

/* Else it could go on as fast as it likes, and be never judged. */
START_TEST(test_nobody_says_more_before_the_last_was_judged)
{
	struct redis_rumour r = { 0 };

	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(!redis_rumour_take(&r, 2, &b, 1001));
	ck_assert(!redis_rumour_take(&r, 2, &a, 1000 + REDIS_RUMOUR_MS));
	ck_assert(redis_rumour_judge(&r, &a, true, 1000 + REDIS_RUMOUR_MS));
}
END_TEST

START_TEST(test_what_another_says_takes_its_place)
{
	struct redis_rumour r = { 0 };

	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(redis_rumour_take(&r, 0, &b, 1001));
	ck_assert(address_is_same(redis_rumour_left(&r, 1001), &b));
	ck_assert(redis_rumour_judge(&r, &b, true, 1001 + REDIS_RUMOUR_MS));
	ck_assert(redis_rumour_take(&r, 2, &a, 1001 + REDIS_RUMOUR_MS));
}
END_TEST

/* As where only some of the sentinels can be reached. */
START_TEST(test_a_few_confirm_it_and_do_not_deny_it)
{
	const int64_t end_ms = 1000 + REDIS_RUMOUR_MS;
	struct redis_rumour r = { 0 };

	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(!redis_rumour_judge(&r, &a, false, end_ms));
	ck_assert(!redis_rumour_take(&r, 2, &b, end_ms)); /* it is open */
	ck_assert(!redis_rumour_judge(&r, &b, false, end_ms));
	ck_assert(redis_rumour_take(&r, 2, &b, end_ms));
}
END_TEST

/* What most name by now may have become the master anew. */
START_TEST(test_what_was_said_long_ago_is_not_judged_any_more)
{
	const int64_t old_ms = 1000 + REDIS_RUMOUR_OPEN_MS;
	struct redis_rumour r = { 0 };

	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(!redis_rumour_judge(&r, &a, true, old_ms));
	ck_assert(redis_rumour_take(&r, 2, &a, old_ms));
}
END_TEST

START_TEST(test_two_who_contradict_each_other_do_not_go_on)
{
	struct redis_rumour r = { 0 };

	ck_assert(redis_rumour_take(&r, 2, &a, 1000));
	ck_assert(redis_rumour_take(&r, 1, &b, 1001));
	for (int64_t ms = 1002; ms < 1000 + REDIS_RUMOUR_MS; ms++) {
		ck_assert(!redis_rumour_take(&r, 2, &a, ms));
		ck_assert(!redis_rumour_take(&r, 1, &b, ms));
	}
}
END_TEST

UNIT_MAIN("backend/redis_rumour",
    test_it_is_believed_for_as_long_as_others_may_not_know,
    test_who_was_wrong_is_not_believed_again,
    test_who_was_right_is_believed_again,
    test_nobody_says_more_before_the_last_was_judged,
    test_what_another_says_takes_its_place,
    test_a_few_confirm_it_and_do_not_deny_it,
    test_what_was_said_long_ago_is_not_judged_any_more,
    test_two_who_contradict_each_other_do_not_go_on)
