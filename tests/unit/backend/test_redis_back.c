/* redis_back: where reading a stream back from its end is over. */
#include "backend/redis_back.h"
#include "backend/redis_entries.h"
#include "unit.h"

static struct redis_back back; /* a test's own */

static void take(uint64_t ms, size_t len)
{
	const struct redis_entry e = {
		.id = { .high = ms },
		.hash = ms * 7,
		.value = slice_of(NULL, len),
	};

	redis_back_take(&back, &e);
}

START_TEST(test_what_there_is_memory_for_is_worth_it)
{
	redis_back_begin(&back, 2000, 0);
	ck_assert(!back.is_begun);
	take(90, 700);
	take(80, 700);
	ck_assert(back.is_begun && !back.has_floor);
	take(70, 700);
	ck_assert(back.has_floor);
	ck_assert_uint_eq(back.newest.high, 90);
	ck_assert_uint_eq(back.last.high, 70);
	ck_assert_uint_eq(back.last_hash, 490);
	take(60, 0); /* there is room for it, but not before it */
	ck_assert_uint_eq(back.last.high, 70);
}
END_TEST

START_TEST(test_what_is_too_old_is_not)
{
	redis_back_begin(&back, SIZE_MAX, 80);
	take(90, 1);
	take(80, 1);
	ck_assert(!back.has_floor);
	take(79, 1);
	ck_assert(back.has_floor);
	ck_assert_uint_eq(back.last.high, 79);
}
END_TEST

START_TEST(test_the_newest_may_be_too_much)
{
	redis_back_begin(&back, 0, 0);
	take(90, 0);
	ck_assert(back.has_floor);
	ck_assert_uint_eq(back.newest.high, 90);
	ck_assert_uint_eq(back.last.high, 90);
}
END_TEST

UNIT_MAIN("backend/redis_back", test_what_there_is_memory_for_is_worth_it,
    test_what_is_too_old_is_not, test_the_newest_may_be_too_much)
