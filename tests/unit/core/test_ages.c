/* ages: how long the oldest has waited, whatever goes first. */
#include "core/ages.h"
#include "unit.h"

enum { START = 7000 * AGES_MS };

static struct ages a;

static void set_up(void)
{
	a = (struct ages){ .first = 0 };
	ages_start(&a, START);
}

START_TEST(nothing_waits)
{
	ck_assert_int_eq(ages_turn(&a, START + 3600000), 0);
}
END_TEST

START_TEST(what_came_before_the_first_turn_is_no_older_than_the_start)
{
	uint16_t first = ages_add(&a);

	ck_assert_int_eq(ages_turn(&a, START + 1000), 1000);
	ages_del(&a, first);
}
END_TEST

START_TEST(the_oldest_counts_until_it_has_left)
{
	uint16_t first = ages_add(&a), second, third;

	ck_assert_int_eq(ages_turn(&a, START + 240), 0);
	ck_assert_int_eq(ages_turn(&a, START + 1000), 1000);
	second = ages_add(&a);
	third = ages_add(&a);
	ck_assert_int_eq(ages_turn(&a, START + 5000), 5000);
	ages_del(&a, second);
	ck_assert_int_eq(ages_turn(&a, START + 5000), 5000);
	ages_del(&a, first);
	ck_assert_int_eq(ages_turn(&a, START + 5000), 4000);
	ages_del(&a, third);
	ck_assert_int_eq(ages_turn(&a, START + 5000), 0);
}
END_TEST

/* What comes meanwhile is counted with the last quarter there is room for. */
START_TEST(who_waits_for_longer_than_all_quarters)
{
	enum { LONG = AGES_QUARTERS * AGES_MS };
	uint16_t first = ages_add(&a), second;

	ck_assert_int_eq(ages_turn(&a, START + 3 * LONG), 3 * LONG);
	second = ages_add(&a);
	ck_assert_uint_ne(first, second);
	ages_del(&a, first);
	ck_assert_int_eq(ages_turn(&a, START + 3 * LONG), 2 * LONG + AGES_MS);
	ages_del(&a, second);
	ck_assert_int_eq(ages_turn(&a, START + 3 * LONG), 0);
	first = ages_add(&a);
	ck_assert_int_eq(ages_turn(&a, START + 4 * LONG), LONG);
	ages_del(&a, first);
}
END_TEST

UNIT_MAIN_WITH(set_up, NULL, "core/ages", nothing_waits,
    what_came_before_the_first_turn_is_no_older_than_the_start,
    the_oldest_counts_until_it_has_left, who_waits_for_longer_than_all_quarters)
