/*
 * redis_channels: channels of shards, which are at one of several servers, each
 * in a command with others of its slot.
 */
#include <stdio.h>
#include <string.h>

#include "backend/redis_flights.h"
#include "backend/redis_slot.h"
#include "channels_desk.h"
#include "unit.h"

/* "+{a}1 {a}2", "-{a}1", "!a" or "". */
static const char *next(void)
{
	return next_by("    +-!");
}

static void want(const char *room)
{
	redis_channels_want(all, slice_str(room), REDIS_CHANNEL_SHARD);
}

static void unwant(const char *room)
{
	redis_channels_unwant(all, slice_str(room), REDIS_CHANNEL_SHARD);
}

static bool end(const char *room)
{
	return redis_channels_end(all, slice_str(room));
}

static bool depart(const char *room)
{
	return redis_channels_depart(all, redis_slot_of(slice_str(room)));
}

/* Confirm; "" when nothing is announced. */
static const char *confirm(char verb, const char *room)
{
	static char text[300];
	struct slice in_force;

	ck_assert_int_eq(redis_channels_confirm(all,
			     verb == '+' ? REDIS_CHANNELS_SSUBSCRIBE
					 : REDIS_CHANNELS_SUNSUBSCRIBE,
			     slice_str(room), &in_force),
	    0);
	(void)snprintf(text, sizeof text, "%.*s", (int)in_force.len,
	    in_force.ptr ? in_force.ptr : "");
	return text;
}

static void put_name(void *arg, struct slice name)
{
	char *text = arg;
	size_t len = strlen(text);

	(void)snprintf(text + len, 300 - len, "%s%.*s", len > 0 ? " " : "",
	    (int)name.len, name.ptr);
}

/* Who is handed over, of so many at most. */
static const char *hand_over(size_t most)
{
	static char text[300];

	text[0] = '\0';
	(void)redis_channels_hand_over(all, most, put_name, text);
	return text;
}

START_TEST(test_a_command_is_of_one_slot)
{
	want("{a}1");
	want("{a}2");
	want("b");
	want("{a}3");
	ck_assert_str_eq(next(), "+{a}1 {a}2");
	ck_assert_str_eq(next(), "+b");
	ck_assert_str_eq(next(), "+{a}3");
	ck_assert_str_eq(confirm('+', "{a}1"), "{a}1");
	ck_assert_str_eq(confirm('+', "{a}2"), "{a}2");
	ck_assert_str_eq(confirm('+', "b"), "b");
	ck_assert_str_eq(confirm('+', "{a}3"), "{a}3");
	unwant("{a}1");
	unwant("{a}3");
	unwant("b");
	ck_assert_str_eq(next(), "-{a}1 {a}3");
	ck_assert_str_eq(next(), "-b");
	ck_assert_str_eq(confirm('-', "{a}1"), "");
	ck_assert_str_eq(confirm('-', "{a}3"), "");
	ck_assert_str_eq(confirm('-', "b"), "");
	ck_assert_uint_eq(redis_channels_count(all), 1);
}
END_TEST

/* Each is a command of its own then, and all of them are bounded. */
START_TEST(test_what_is_in_flight_is_bounded)
{
	struct redis_channels_batch batch;
	char room[32];
	int commands = 0;

	for (int i = 0; i < 3 * REDIS_FLIGHTS_MAX; i++) {
		(void)snprintf(room, sizeof room, "room-%d", i);
		want(room);
	}
	while (redis_channels_next(all, &batch))
		commands++;
	ck_assert_int_gt(commands, REDIS_FLIGHTS_MAX * 9 / 10);
	ck_assert_int_le(commands, REDIS_FLIGHTS_MAX);
	ck_assert(!redis_channels_is_due(all));
}
END_TEST

START_TEST(test_an_end_that_nobody_asked_for)
{
	want("{a}1");
	want("b");
	ck_assert(!end("{a}1")); /* it has not begun */
	ck_assert(!end("never"));
	ck_assert_str_eq(next(), "+{a}1");
	ck_assert(!end("{a}1")); /* nor is it confirmed */
	ck_assert_str_eq(next(), "+b");
	ck_assert_str_eq(confirm('+', "{a}1"), "{a}1");
	ck_assert_str_eq(confirm('+', "b"), "b");
	ck_assert(redis_channels_is_synced(all));
	ck_assert(end("{a}1"));
	ck_assert(!end("{a}1"));
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(next(), "+{a}1");
	ck_assert_str_eq(confirm('+', "{a}1"), "");
	ck_assert(redis_channels_is_synced(all));
	ck_assert(is_idle());
}
END_TEST

START_TEST(test_an_end_of_what_nobody_wants_is_the_end)
{
	want("a");
	ck_assert_str_eq(next(), "+a");
	ck_assert_str_eq(confirm('+', "a"), "a");
	unwant("a");
	ck_assert(!end("a"));
	ck_assert_str_eq(next(), "");
	ck_assert_uint_eq(redis_channels_count(all), 0);
}
END_TEST

/* Channels of a server are of no slot, and it does not end them. */
START_TEST(test_other_channels_do_not_end)
{
	struct redis_channels_batch batch;
	struct slice in_force;

	redis_channels_want(all, slice_str("a"), REDIS_CHANNEL_ROOM);
	ck_assert(redis_channels_next(all, &batch));
	ck_assert(!depart("a"));
	ck_assert_int_eq(redis_channels_confirm(all, REDIS_CHANNELS_SUBSCRIBE,
			     slice_str("a"), &in_force),
	    0);
	ck_assert(!end("a"));
}
END_TEST

START_TEST(test_what_is_elsewhere_is_handed_over)
{
	want("{a}1");
	want("{a}2");
	want("b");
	ck_assert_str_eq(next(), "+{a}1 {a}2");
	ck_assert_str_eq(next(), "+b");
	ck_assert(!depart("b")); /* {a} is due */
	ck_assert(depart("a"));
	ck_assert(!depart("a"));
	ck_assert_str_eq(confirm('+', "b"), "b");
	ck_assert_str_eq(hand_over(1), "{a}1");
	ck_assert_str_eq(hand_over(1), "{a}2");
	ck_assert_str_eq(hand_over(1), "");
	ck_assert_uint_eq(redis_channels_count(all), 1);
	ck_assert(redis_channels_is_synced(all));
}
END_TEST

START_TEST(test_who_is_unwatched_on_the_way_is_not_handed_over)
{
	want("{a}1");
	want("{a}2");
	ck_assert_str_eq(next(), "+{a}1 {a}2");
	unwant("{a}1"); /* in flight */
	ck_assert(depart("a"));
	unwant("{a}2"); /* gone */
	ck_assert_str_eq(hand_over(9), "");
	ck_assert_uint_eq(redis_channels_count(all), 0);
}
END_TEST

START_TEST(test_only_the_last_word_departs)
{
	want("a");
	ck_assert_str_eq(next(), "+a");
	unwant("a");
	ck_assert_str_eq(next(), "-a");
	want("a");
	ck_assert_str_eq(next(), "+a");
	ck_assert(depart("a"));
	ck_assert(depart("a"));
	ck_assert_str_eq(hand_over(9), "");
	ck_assert(depart("a"));
	ck_assert_str_eq(hand_over(9), "a");
}
END_TEST

static void want_again(void *arg, struct slice name)
{
	(void)arg;
	redis_channels_adopt(all, name);
}

START_TEST(test_who_comes_from_elsewhere_is_waited_for)
{
	redis_channels_reset(all);
	redis_channels_adopt(all, slice_str("a"));
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(next(), "+a");
	ck_assert(depart("a"));
	ck_assert(!redis_channels_is_synced(all));
	ck_assert(redis_channels_hand_over(all, 1, want_again, NULL));
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(next(), "+a");
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert(redis_channels_is_synced(all));
	redis_channels_adopt(all, slice_str("a"));
	ck_assert(redis_channels_is_synced(all)); /* it is here already */
}
END_TEST

START_TEST(test_all_depart_whatever_became_of_them)
{
	want("{a}1");
	want("{a}2");
	ck_assert_str_eq(next(), "+{a}1 {a}2");
	ck_assert_str_eq(confirm('+', "{a}1"), "{a}1");
	want("b");
	want("c");
	unwant("c");
	unwant("{a}1");
	redis_channels_depart_all(all);
	ck_assert_str_eq(next(), "");
	want("d");
	ck_assert_str_eq(next(), "+d");
	ck_assert_str_eq(hand_over(2), "b {a}2");
	ck_assert_str_eq(hand_over(9), "");
	ck_assert_uint_eq(redis_channels_count(all), 1);
	ck_assert_str_eq(confirm('+', "d"), "d");
	ck_assert(redis_channels_is_synced(all));
}
END_TEST

START_TEST(test_nobody_waits_for_who_is_not_there)
{
	struct slice refused;

	want("a");
	want("bad");
	ck_assert_str_eq(next(), "+a");
	ck_assert_str_eq(next(), "+bad");
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert_int_eq(redis_channels_refuse(all, &refused), 0);
	want("{b}1");
	want("c");
	want("{b}2");
	ck_assert_str_eq(next(), "+{b}1");
	redis_channels_suspend(all);
	ck_assert_str_eq(next(), "!c {b}2 {b}1");
	ck_assert_str_eq(next(), "");
	want("d");
	ck_assert_str_eq(next(), "!d");
	redis_channels_reset(all);
	ck_assert_uint_eq(redis_channels_count(all), 6);
	ck_assert(!redis_channels_is_synced(all));
}
END_TEST

/* An error comes alone: what has begun to be confirmed has none. */
START_TEST(test_an_error_of_another_command)
{
	want("{a}1");
	want("{a}2");
	ck_assert_str_eq(next(), "+{a}1 {a}2");
	ck_assert_str_eq(confirm('+', "{a}1"), "{a}1");
	ck_assert(!depart("{a}2"));
	ck_assert_str_eq(confirm('+', "{a}2"), "{a}2");
}
END_TEST

START_TEST(test_what_is_no_answer)
{
	const enum redis_channels_step sub = REDIS_CHANNELS_SSUBSCRIBE;
	const enum redis_channels_step unsub = REDIS_CHANNELS_SUNSUBSCRIBE;
	const struct slice a = slice_str("a");

	want("a");
	ck_assert(!redis_channels_is_answer(all, sub, a));
	ck_assert_str_eq(next(), "+a");
	ck_assert(redis_channels_is_answer(all, sub, a));
	ck_assert(!redis_channels_is_answer(all, unsub, a));
	unwant("a");
	ck_assert_str_eq(next(), "-a");
	ck_assert(!redis_channels_is_answer(all, unsub, a));
	ck_assert_str_eq(confirm('+', "a"), "");
	ck_assert(redis_channels_is_answer(all, unsub, a));
	ck_assert(redis_channels_is_answer(all, REDIS_CHANNELS_SUBSCRIBE, a));
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_channels_shard",
    test_a_command_is_of_one_slot, test_what_is_in_flight_is_bounded,
    test_an_end_that_nobody_asked_for,
    test_an_end_of_what_nobody_wants_is_the_end, test_other_channels_do_not_end,
    test_what_is_elsewhere_is_handed_over,
    test_who_is_unwatched_on_the_way_is_not_handed_over,
    test_only_the_last_word_departs,
    test_who_comes_from_elsewhere_is_waited_for,
    test_all_depart_whatever_became_of_them,
    test_nobody_waits_for_who_is_not_there, test_an_error_of_another_command,
    test_what_is_no_answer)
