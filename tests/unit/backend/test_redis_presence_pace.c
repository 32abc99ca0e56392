/* redis_presence_pace: what a server may ask for, by a clock of the test's. */
#include "backend/redis_presence_pace.h"
#include "unit.h"

enum { SECOND = 1000, PAGE = 200 };

/* Ask at once whenever that may be: how often until then; lines: of the log. */
static unsigned ask_until(struct redis_presence_pace *p, uint64_t seats,
    int64_t now_ms, int64_t end_ms, unsigned *lines)
{
	unsigned asked = 0;

	while ((now_ms += redis_presence_pace_rest_ms(p, now_ms)) < end_ms) {
		asked++;
		*lines += redis_presence_pace_take(p, seats, now_ms);
	}
	return asked;
}

START_TEST(the_first_is_asked_at_once)
{
	struct redis_presence_pace p = { 0 };

	ck_assert_int_eq(redis_presence_pace_rest_ms(&p, 1), 0);
	ck_assert(!redis_presence_pace_take(&p, 0, 1));
	ck_assert_int_eq(redis_presence_pace_rest_ms(&p, 1), PRESENCE_REST_MS);
	ck_assert_int_eq(
	    redis_presence_pace_rest_ms(&p, 1 + PRESENCE_REST_MS), 0);
}
END_TEST

START_TEST(who_asks_for_more_and_more_is_asked_at_leisure)
{
	struct redis_presence_pace p = { 0 };
	unsigned lines = 0;

	ck_assert_uint_eq(ask_until(&p, 0, 1, 1 + SECOND, &lines), 500);
	ck_assert_uint_eq(lines, 0);
}
END_TEST

/* What is named without end is written as slowly. */
START_TEST(the_more_it_names_the_longer_it_waits)
{
	struct redis_presence_pace p = { 0 };
	unsigned lines = 0, asked;

	asked = ask_until(&p, 65536, 1, 1 + 60 * SECOND, &lines);
	ck_assert_uint_le(asked * 65536 / 60, 60000);
}
END_TEST

START_TEST(a_million_seats_take_less_than_a_minute)
{
	struct redis_presence_pace p = { 0 };
	unsigned lines = 0;

	ck_assert_uint_ge(
	    ask_until(&p, PAGE, 1, 60 * SECOND, &lines), 1000000 / PAGE);
	ck_assert_uint_eq(lines, 0);
}
END_TEST

START_TEST(what_has_no_end_is_told_of_now_and_then)
{
	struct redis_presence_pace p = { 0 };
	unsigned lines = 0;

	(void)ask_until(&p, 0, 1, PRESENCE_TELL_MS, &lines);
	ck_assert_uint_eq(lines, 0);
	(void)ask_until(
	    &p, 0, PRESENCE_TELL_MS, 3 * PRESENCE_TELL_MS + SECOND, &lines);
	ck_assert_uint_eq(lines, 3);
	redis_presence_pace_end(&p);
	lines = 0;
	(void)ask_until(
	    &p, 0, 4 * PRESENCE_TELL_MS, 5 * PRESENCE_TELL_MS - SECOND, &lines);
	ck_assert_uint_eq(lines, 0);
}
END_TEST

UNIT_MAIN("backend/redis_presence_pace", the_first_is_asked_at_once,
    who_asks_for_more_and_more_is_asked_at_leisure,
    the_more_it_names_the_longer_it_waits,
    a_million_seats_take_less_than_a_minute,
    what_has_no_end_is_told_of_now_and_then)
