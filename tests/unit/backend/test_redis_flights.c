/* redis_flights: a ring that is full, that turns over, and its commands. */
#include "backend/redis_flights.h"
#include "unit.h"

static struct redis_flights f;

static void set_up(void)
{
	f = (struct redis_flights){ .count = 0 };
}

/* A command about so many channels. */
static void send(size_t channels, bool is_subscribe)
{
	for (size_t i = 0; i < channels; i++)
		redis_flights_add(
		    &f, (struct redis_flight){
			    .is_subscribe = is_subscribe, .is_first = i == 0 });
}

START_TEST(test_what_was_sent_first_lands_first)
{
	ck_assert_ptr_null(redis_flights_due(&f));
	send(1, true);
	send(1, false);
	ck_assert(redis_flights_due(&f)->is_subscribe);
	ck_assert(redis_flights_land(&f).is_subscribe);
	ck_assert(!redis_flights_land(&f).is_subscribe);
	ck_assert(!redis_flights_due(&f));
}
END_TEST

START_TEST(test_a_command_is_counted_to_its_end)
{
	ck_assert_uint_eq(redis_flights_of_command(&f), 0);
	send(3, true);
	ck_assert_uint_eq(redis_flights_of_command(&f), 3);
	send(1, true);
	ck_assert_uint_eq(redis_flights_of_command(&f), 3);
	(void)redis_flights_land(&f);
	ck_assert_uint_eq(redis_flights_of_command(&f), 2);
	(void)redis_flights_land(&f);
	(void)redis_flights_land(&f);
	ck_assert_uint_eq(redis_flights_of_command(&f), 1);
}
END_TEST

START_TEST(test_a_full_ring_turns_over)
{
	for (int round = 0; round < 3; round++) {
		send(REDIS_FLIGHTS_MAX - 7, true);
		send(7, false);
		ck_assert(redis_flights_is_full(&f));
		for (int i = 0; i < REDIS_FLIGHTS_MAX - 7; i++)
			ck_assert(redis_flights_land(&f).is_subscribe);
		ck_assert_uint_eq(redis_flights_of_command(&f), 7);
		for (int i = 0; i < 7; i++)
			ck_assert(!redis_flights_land(&f).is_subscribe);
		send(5, true); /* so that the next round begins elsewhere */
		for (int i = 0; i < 5; i++)
			(void)redis_flights_land(&f);
	}
	send(2, true);
	redis_flights_reset(&f);
	ck_assert(!redis_flights_due(&f));
}
END_TEST

UNIT_MAIN_WITH(set_up, NULL, "backend/redis_flights",
    test_what_was_sent_first_lands_first, test_a_command_is_counted_to_its_end,
    test_a_full_ring_turns_over)
