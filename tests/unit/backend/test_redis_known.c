/* redis_known: what was read last, and what is forgotten of it. */
#include <string.h>

#include "backend/redis_known.h"
#include "unit.h"

static struct redis_known known; /* a test's own */

static void add(uint64_t ms)
{
	const struct place id = { .high = ms };

	redis_known_add(&known, &id, ms * 7);
}

static bool has(uint64_t ms, uint64_t hash)
{
	const struct place id = { .high = ms };

	return redis_known_has(&known, &id, hash);
}

static bool begins_behind(uint64_t ms)
{
	const struct place id = { .high = ms };

	return redis_known_begins_behind(&known, &id);
}

START_TEST(test_an_entry_is_known_by_its_id_and_what_it_holds)
{
	ck_assert(!has(1, 7));
	for (uint64_t ms = 2; ms <= 20; ms += 2)
		add(ms);
	for (uint64_t ms = 2; ms <= 20; ms += 2)
		ck_assert(has(ms, ms * 7) && !has(ms, 1) && !has(ms + 1, 7));
	ck_assert(!has(1, 7) && !has(22, 7));
}
END_TEST

START_TEST(test_the_oldest_are_forgotten)
{
	ck_assert(begins_behind(1)); /* nothing is known */
	for (uint64_t ms = 1; ms <= REDIS_KNOWN_MAX + 10; ms++)
		add(ms);
	ck_assert(!has(10, 70) && has(11, 77));
	ck_assert(has(REDIS_KNOWN_MAX + 10, (REDIS_KNOWN_MAX + 10) * 7));
	ck_assert(begins_behind(10) && !begins_behind(11));
}
END_TEST

START_TEST(test_of_what_comes_later_nothing_is_known_any_more)
{
	const struct place other = { .high = 5 };

	for (uint64_t ms = 1; ms <= 8; ms++)
		add(ms);
	redis_known_add(&known, &other, 1);
	ck_assert(has(4, 28) && has(5, 1));
	ck_assert(!has(5, 35) && !has(6, 42) && !has(8, 56));
	add(9);
	ck_assert(has(9, 63) && !has(8, 56));
}
END_TEST

UNIT_MAIN("backend/redis_known",
    test_an_entry_is_known_by_its_id_and_what_it_holds,
    test_the_oldest_are_forgotten,
    test_of_what_comes_later_nothing_is_known_any_more)
