/* redis_back: where reading a stream back from its end is over. */
#include "backend/redis_back.h"
#include "backend/redis_entries.h"
#include "backend/redis_known.h"
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

static struct redis_known known; /* a test's own */

/* What was read: as take() says it, and up to there. */
static void seek(size_t budget, uint64_t read_ms)
{
	const struct place read = { .high = read_ms };

	redis_back_seek(&back, budget, &known, &read);
}

static void know(uint64_t ms, uint64_t hash)
{
	const struct place id = { .high = ms };

	redis_known_add(&known, &id, hash);
}

START_TEST(test_behind_the_newest_that_is_known_all_is_new)
{
	know(60, 420);
	know(70, 490);
	know(80, 1); /* another one had that id */
	seek(SIZE_MAX, 85);
	take(90, 1);
	take(80, 1);
	take(75, 1);
	ck_assert(!back.has_floor);
	take(70, 1);
	take(60, 1);
	ck_assert(back.has_floor);
	ck_assert_uint_eq(back.last.high, 70);
	ck_assert_uint_eq(back.last_hash, 490);
}
END_TEST

START_TEST(test_where_none_is_known_what_is_later_is_new)
{
	know(70, 1);
	know(80, 1);
	for (int i = 0; i < 3; i++) {
		seek(i < 2 ? SIZE_MAX : 600, 80);
		take(90, 1);
		take(80, 1);
		take(70, 1);
		ck_assert(back.has_floor == (i == 2)); /* by the budget */
		if (i == 0)
			take(60, 1);
		else
			redis_back_end(&back);
		ck_assert(back.has_floor);
		ck_assert_uint_eq(back.last.high, 80);
		ck_assert_uint_eq(back.last_hash, 560);
	}
}
END_TEST

START_TEST(test_all_that_is_there_may_be_later)
{
	know(70, 1);
	seek(SIZE_MAX, 70);
	take(90, 1);
	take(80, 1);
	redis_back_end(&back);
	ck_assert(back.is_begun && !back.has_floor);
	ck_assert_uint_eq(back.last.high, 80);
}
END_TEST

UNIT_MAIN("backend/redis_back", test_what_there_is_memory_for_is_worth_it,
    test_what_is_too_old_is_not, test_the_newest_may_be_too_much,
    test_behind_the_newest_that_is_known_all_is_new,
    test_where_none_is_known_what_is_later_is_new,
    test_all_that_is_there_may_be_later)
