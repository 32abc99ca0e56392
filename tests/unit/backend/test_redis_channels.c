/* redis_channels: what is sent and told, against a server that keeps order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_flights.h"
#include "channels_desk.h"
#include "unit.h"

/* "+a b", "*a", "-a", "$a", "/a", "!a" or "". */
static const char *next(void)
{
	return next_by("+*-~$/!");
}

static void want(const char *room)
{
	redis_channels_want(all, slice_str(room), REDIS_CHANNEL_ROOM);
}

static void unwant(const char *room)
{
	redis_channels_unwant(all, slice_str(room), REDIS_CHANNEL_ROOM);
}

static enum redis_channels_step step_of(char verb)
{
	return verb == '+'   ? REDIS_CHANNELS_SUBSCRIBE
	       : verb == '*' ? REDIS_CHANNELS_PSUBSCRIBE
	       : verb == '~' ? REDIS_CHANNELS_PUNSUBSCRIBE
	       : verb == '$' ? REDIS_CHANNELS_SSUBSCRIBE
	       : verb == '/' ? REDIS_CHANNELS_SUNSUBSCRIBE
			     : REDIS_CHANNELS_UNSUBSCRIBE;
}

/* Confirm; "" when nothing is announced. */
static const char *confirm(char verb, const char *room)
{
	static char text[300];
	struct slice in_force;

	ck_assert_int_eq(redis_channels_confirm(
			     all, step_of(verb), slice_str(room), &in_force),
	    0);
	(void)snprintf(text, sizeof text, "%.*s", (int)in_force.len,
	    in_force.ptr ? in_force.ptr : "");
	return text;
}

START_TEST(test_a_room_is_subscribed_announced_and_forgotten)
{
	want("a");
	want("b");
	ck_assert_str_eq(next(), "+a b");
	ck_assert_str_eq(next(), "");
	ck_assert(!is_idle());
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert_str_eq(confirm('+', "b"), "b");
	ck_assert(is_idle());
	unwant("a");
	ck_assert_str_eq(next(), "-a");
	ck_assert_str_eq(confirm('-', "a"), "");
	ck_assert_uint_eq(redis_channels_count(all), 1);
}
END_TEST

START_TEST(test_unwatched_before_it_was_sent_is_as_if_never_watched)
{
	want("a");
	unwant("a");
	unwant("a");
	unwant("never");
	ck_assert_str_eq(next(), "");
	ck_assert_uint_eq(redis_channels_count(all), 0);
}
END_TEST

START_TEST(test_a_late_confirmation_of_an_unwatched_room_is_not_announced)
{
	want("a");
	ck_assert_str_eq(next(), "+a");
	unwant("a");
	ck_assert_str_eq(confirm('+', "a"), "");
	ck_assert_str_eq(next(), "-a");
	want("a");
	ck_assert_str_eq(next(), "+a");
	ck_assert_str_eq(confirm('-', "a"), "");
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert_uint_eq(redis_channels_count(all), 1);
}
END_TEST

START_TEST(test_unwatch_and_watch_in_one_turn_announce_without_a_command)
{
	want("a");
	ck_assert_str_eq(next(), "+a");
	unwant("a");
	want("a"); /* while in flight: its confirmation will do */
	ck_assert_str_eq(next(), "");
	ck_assert_str_eq(confirm('+', "a"), "a");
	unwant("a");
	want("a"); /* in force already */
	ck_assert_str_eq(next(), "!a");
	ck_assert_str_eq(next(), "");
}
END_TEST

START_TEST(test_what_is_wanted_goes_before_what_is_not)
{
	want("a");
	want("b");
	ck_assert_str_eq(next(), "+a b");
	unwant("a");
	want("c");
	unwant("b");
	ck_assert_str_eq(next(), "+c");
	ck_assert_str_eq(next(), "-a b");
}
END_TEST

static void rename_all(const char *from, const char *to)
{
	redis_channels_rename(all, slice_str(from), slice_str(to));
}

START_TEST(test_new_names_are_subscribed_before_old_ones_are_left)
{
	want("x:a");
	redis_channels_want(all, slice_str("x"), REDIS_CHANNEL_BASE);
	ck_assert_str_eq(next(), "+x");
	ck_assert_str_eq(next(), "+x:a");
	(void)confirm('+', "x");
	(void)confirm('+', "x:a");
	rename_all("x:", "yy:");
	ck_assert_str_eq(next(), "+yy:a");
	ck_assert_str_eq(next(), "-x:a");
	ck_assert_str_eq(confirm('+', "yy:a"), "yy:a");
	(void)confirm('-', "x:a");
	ck_assert(is_idle());
	ck_assert_uint_eq(redis_channels_count(all), 2);
}
END_TEST

START_TEST(test_a_new_name_may_be_the_old_one_of_another)
{
	bool is_new_sent = false, is_other_there = false;

	want("x:a");
	want("x:x:a");
	ck_assert_str_eq(next(), "+x:a x:x:a");
	(void)confirm('+', "x:a");
	(void)confirm('+', "x:x:a");
	rename_all("x:", "x:x:");
	for (int i = 0; i < 2; i++) { /* in any order */
		const char *batch = next();

		is_new_sent |= !strcmp(batch, "+x:x:x:a");
		is_other_there |= !strcmp(batch, "!x:x:a");
	}
	ck_assert(is_new_sent && is_other_there);
	ck_assert_str_eq(confirm('+', "x:x:x:a"), "x:x:x:a");
	ck_assert_str_eq(next(), "-x:a");
	(void)confirm('-', "x:a");
	ck_assert(is_idle());
	ck_assert_uint_eq(redis_channels_count(all), 2);
}
END_TEST

START_TEST(test_what_was_never_sent_is_sent_by_its_new_name_only)
{
	want("x:a");
	rename_all("x:", "y:");
	ck_assert_str_eq(next(), "+y:a");
	ck_assert_str_eq(next(), "");
	rename_all("y:", "z:");
	ck_assert_str_eq(next(), "+z:a");
	ck_assert_str_eq(confirm('+', "y:a"), "");
	ck_assert_str_eq(next(), "-y:a");
	ck_assert_str_eq(confirm('+', "z:a"), "z:a");
}
END_TEST

START_TEST(test_any_other_confirmation_is_an_error)
{
	struct slice in_force;
	enum redis_channels_step step;

	ck_assert_int_eq(redis_channels_confirm(all, REDIS_CHANNELS_SUBSCRIBE,
			     slice_str("a"), &in_force),
	    -EPROTO);
	ck_assert_uint_eq(redis_channels_awaited(all, &step).len, 0);
	want("a");
	want("b");
	ck_assert_str_eq(next(), "+a b");
	ck_assert_int_eq(redis_channels_confirm(all, REDIS_CHANNELS_SUBSCRIBE,
			     slice_str("b"), &in_force),
	    -EPROTO);
	ck_assert_int_eq(redis_channels_confirm(all, REDIS_CHANNELS_UNSUBSCRIBE,
			     slice_str("a"), &in_force),
	    -EPROTO);
	ck_assert_int_eq(redis_channels_confirm(all, REDIS_CHANNELS_PSUBSCRIBE,
			     slice_str("a"), &in_force),
	    -EPROTO);
	ck_assert(slice_eq(redis_channels_awaited(all, &step), slice_str("a")));
	ck_assert_int_eq(step, REDIS_CHANNELS_SUBSCRIBE);
}
END_TEST

START_TEST(test_after_a_reset_all_is_sent_anew_and_base_channels_alone)
{
	redis_channels_want(all, slice_str("base2"), REDIS_CHANNEL_BASE);
	redis_channels_want(all, slice_str("base1"), REDIS_CHANNEL_BASE);
	want("a");
	want("gone");
	redis_channels_reset(all);
	for (int round = 0; round < 2; round++) {
		ck_assert(!redis_channels_is_synced(all));
		ck_assert_int_eq(*next(), '+');
		ck_assert_int_eq(*next(), '+');
		ck_assert_str_eq(next(), round ? "+a" : "+a gone");
		unwant("gone");
		redis_channels_reset(all);
	}
	ck_assert_uint_eq(redis_channels_count(all), 3);
}
END_TEST

START_TEST(test_synced_means_what_was_wanted_at_the_reset)
{
	want("a");
	want("b");
	redis_channels_reset(all);
	ck_assert_str_eq(next(), "+a b");
	want("late");
	ck_assert_str_eq(next(), "+late");
	unwant("b");
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert(redis_channels_is_synced(all));
	ck_assert_str_eq(confirm('+', "b"), "");
	ck_assert_str_eq(confirm('+', "late"), "late");
	ck_assert(!is_idle());
	ck_assert_str_eq(next(), "-b");
	ck_assert_str_eq(confirm('-', "b"), "");
	ck_assert(is_idle());
}
END_TEST

START_TEST(test_what_is_wanted_by_now_can_be_waited_for)
{
	redis_channels_reset(all);
	want("kept");
	want("left");
	want("sent");
	ck_assert_str_eq(next(), "+kept left sent");
	want("queued");
	ck_assert(redis_channels_is_synced(all));
	redis_channels_expect_all(all);
	want("late");
	ck_assert_str_eq(confirm('+', "kept"), "kept");
	unwant("left");
	want("left"); /* anew: it is late */
	ck_assert_str_eq(confirm('+', "left"), "left");
	ck_assert_str_eq(confirm('+', "sent"), "sent");
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(next(), "+queued late");
	ck_assert_str_eq(confirm('+', "queued"), "queued");
	ck_assert(redis_channels_is_synced(all));
	redis_channels_expect_all(all);
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(confirm('+', "late"), "late");
	ck_assert(redis_channels_is_synced(all));
	unwant("kept");
	want("kept");
	redis_channels_expect_all(all);
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(next(), "!kept");
	ck_assert(redis_channels_is_synced(all));
}
END_TEST

START_TEST(test_a_room_announced_before_the_reset_is_not_announced_again)
{
	want("a");
	ck_assert_str_eq(next(), "+a");
	ck_assert_str_eq(confirm('+', "a"), "a");
	want("b");
	redis_channels_reset(all);
	ck_assert_str_eq(next(), "+b a");
	ck_assert_str_eq(confirm('+', "b"), "b");
	ck_assert_str_eq(confirm('+', "a"), "");
}
END_TEST

START_TEST(test_a_pattern_goes_alone_and_is_none_of_the_channels)
{
	enum redis_channels_step step;

	redis_channels_want(all, slice_str("p*"), REDIS_CHANNEL_PATTERN);
	redis_channels_want(all, slice_str("p*"), REDIS_CHANNEL_BASE);
	ck_assert_uint_eq(redis_channels_count(all), 2);
	redis_channels_reset(all);
	ck_assert_str_eq(next(), "+p*");
	ck_assert_str_eq(next(), "*p*");
	ck_assert_str_eq(confirm('+', "p*"), "");
	ck_assert(!redis_channels_is_synced(all));
	(void)redis_channels_awaited(all, &step);
	ck_assert_int_eq(step, REDIS_CHANNELS_PSUBSCRIBE);
	ck_assert_str_eq(confirm('*', "p*"), "");
	ck_assert(redis_channels_is_synced(all));
}
END_TEST

START_TEST(test_a_pattern_is_left_behind_the_new_one)
{
	redis_channels_want(all, slice_str("p*"), REDIS_CHANNEL_PATTERN);
	redis_channels_want(all, slice_str("p*"), REDIS_CHANNEL_BASE);
	redis_channels_reset(all);
	ck_assert_str_eq(next(), "+p*");
	ck_assert_str_eq(next(), "*p*");
	ck_assert(!redis_channels_is_at_rest(all));
	(void)confirm('+', "p*");
	(void)confirm('*', "p*");
	ck_assert(redis_channels_is_at_rest(all));
	redis_channels_unwant(all, slice_str("p*"), REDIS_CHANNEL_PATTERN);
	redis_channels_unwant(all, slice_str("p*"), REDIS_CHANNEL_PATTERN);
	redis_channels_unwant(all, slice_str("none"), REDIS_CHANNEL_PATTERN);
	redis_channels_want(all, slice_str("q*"), REDIS_CHANNEL_PATTERN);
	ck_assert_str_eq(next(), "*q*");
	ck_assert_str_eq(next(), "~p*");
	(void)confirm('*', "q*");
	ck_assert(!redis_channels_is_at_rest(all));
	(void)confirm('~', "p*");
	ck_assert(redis_channels_is_at_rest(all));
	/* The channel that is spelled so is there still. */
	ck_assert_uint_eq(redis_channels_count(all), 2);
	ck_assert(redis_channels_wants(all, slice_str("p*")));
}
END_TEST

/* Refuse; "" when there is nothing new to tell. */
static const char *refuse(void)
{
	static char text[300];
	struct slice refused;

	ck_assert_int_eq(redis_channels_refuse(all, &refused), 0);
	(void)snprintf(text, sizeof text, "%.*s", (int)refused.len,
	    refused.ptr ? refused.ptr : "");
	return text;
}

START_TEST(test_of_a_refused_command_each_channel_is_sent_once_more)
{
	want("a");
	want("bad");
	want("b");
	redis_channels_reset(all);
	ck_assert_str_eq(next(), "+a bad b");
	ck_assert_str_eq(refuse(), "");
	ck_assert_str_eq(next(), "+a");
	ck_assert_str_eq(next(), "+bad");
	ck_assert_str_eq(next(), "+b");
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert_str_eq(refuse(), "bad");
	ck_assert(!redis_channels_is_synced(all));
	ck_assert_str_eq(confirm('+', "b"), "b");
	ck_assert(redis_channels_is_synced(all)); /* without it */
	ck_assert(is_idle());
	ck_assert_str_eq(next(), "");
	unwant("bad");
	ck_assert_uint_eq(redis_channels_count(all), 2);
}
END_TEST

START_TEST(test_a_refused_room_is_told_once_and_tried_again_by_itself)
{
	want("bad");
	ck_assert_str_eq(next(), "+bad");
	ck_assert_str_eq(refuse(), "bad");
	redis_channels_retry(all);
	ck_assert_str_eq(next(), "+bad");
	ck_assert_str_eq(refuse(), "");
	want("a");
	redis_channels_reset(all);
	ck_assert_str_eq(next(), "+a");
	ck_assert_str_eq(next(), "+bad");
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert_str_eq(confirm('+', "bad"), "bad");
	redis_channels_reset(all);
	ck_assert_str_eq(next(), "+a bad"); /* forgotten that it was */
}
END_TEST

START_TEST(test_a_refusal_behind_second_thoughts_changes_nothing)
{
	want("a");
	want("b");
	ck_assert_str_eq(next(), "+a b");
	unwant("a");
	ck_assert_str_eq(next(), "-a");
	want("a");
	ck_assert_str_eq(next(), "+a");
	unwant("b");
	ck_assert_str_eq(refuse(), ""); /* of a, b */
	ck_assert_uint_eq(redis_channels_count(all), 1);
	ck_assert_str_eq(confirm('-', "a"), "");
	ck_assert_str_eq(confirm('+', "a"), "a");
}
END_TEST

START_TEST(test_only_whole_subscriptions_of_rooms_can_be_refused)
{
	struct slice refused;

	ck_assert_int_eq(redis_channels_refuse(all, &refused), -EACCES);
	redis_channels_want(all, slice_str("base"), REDIS_CHANNEL_BASE);
	ck_assert_str_eq(next(), "+base");
	ck_assert_int_eq(redis_channels_refuse(all, &refused), -EACCES);
	ck_assert_str_eq(confirm('+', "base"), "");
	want("a");
	want("b");
	ck_assert_str_eq(next(), "+a b");
	ck_assert_str_eq(confirm('+', "a"), "a");
	ck_assert_int_eq(redis_channels_refuse(all, &refused), -EACCES);
	ck_assert_str_eq(confirm('+', "b"), "b");
	unwant("a");
	ck_assert_str_eq(next(), "-a");
	ck_assert_int_eq(redis_channels_refuse(all, &refused), -EACCES);
}
END_TEST

START_TEST(test_many_that_are_gone_by_a_reset_are_forgotten_a_part_a_turn)
{
	struct redis_channels_batch batch;
	char name[16];
	size_t before;

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof name, "r%d", i);
		want(name);
	}
	while (!is_idle()) {
		(void)redis_channels_next(all, &batch);
		for (size_t i = 0; i < batch.count; i++) {
			(void)snprintf(name, sizeof name, "%.*s",
			    (int)batch.names[i].len, batch.names[i].ptr);
			confirm('+', name);
		}
	}
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof name, "r%d", i);
		unwant(name);
	}
	redis_channels_reset(all);
	ck_assert(redis_channels_is_synced(all));
	for (before = 5000; redis_channels_is_due(all);) {
		ck_assert(!redis_channels_next(all, &batch));
		ck_assert_uint_le(
		    before - redis_channels_count(all), REDIS_CHANNELS_VISITS);
		before = redis_channels_count(all);
	}
	ck_assert_uint_eq(before, 0);
}
END_TEST

/*
 * Random wishes over few rooms, against a queue that stands for the server:
 * in the end the server holds what is wanted, every room that was watched
 * and not unwatched since was announced, and nothing else was.
 */
enum { MODEL_ROOMS = 2000, MODEL_STEPS = 200000 };

struct model {
	struct redis_channels *channels;
	bool is_wanted[MODEL_ROOMS];
	bool is_owed[MODEL_ROOMS];     /* an announcement */
	bool is_expected[MODEL_ROOMS]; /* before it is synced */
	bool is_subscribed[MODEL_ROOMS];
	struct {
		unsigned room;
		bool is_subscribe;
		bool is_first; /* of its command */
	} wire[REDIS_FLIGHTS_MAX];
	size_t head, count;
};

static struct slice room_name(unsigned room)
{
	static char text[16];

	(void)snprintf(text, sizeof text, "r%u", room);
	return slice_str(text);
}

static unsigned room_number(struct slice name)
{
	char text[16] = "";

	memcpy(text, name.ptr, name.len);
	return (unsigned)strtoul(text + 1, NULL, 10);
}

static void model_announce(struct model *m, struct slice name)
{
	unsigned room = room_number(name);

	ck_assert(m->is_wanted[room]);
	ck_assert(m->is_owed[room]);
	ck_assert(m->is_subscribed[room]);
	m->is_owed[room] = m->is_expected[room] = false;
}

static void model_send(struct model *m)
{
	struct redis_channels_batch b;

	while (redis_channels_next(m->channels, &b)) {
		for (size_t i = 0; i < b.count; i++) {
			size_t at = (m->head + m->count) % REDIS_FLIGHTS_MAX;

			if (b.step == REDIS_CHANNELS_IN_FORCE) {
				model_announce(m, b.names[i]);
				continue;
			}
			ck_assert_uint_lt(m->count, REDIS_FLIGHTS_MAX);
			m->wire[at].room = room_number(b.names[i]);
			m->wire[at].is_subscribe =
			    b.step == REDIS_CHANNELS_SUBSCRIBE;
			m->wire[at].is_first = i == 0;
			m->count++;
		}
	}
}

/* One room of 50 is not permitted. */
static bool is_permitted(unsigned room)
{
	return room % 50 != 0;
}

/* How many flights the command that is due has; *is_refused: by the server. */
static size_t model_due(const struct model *m, bool *is_refused)
{
	size_t count = 0;

	*is_refused = false;
	while (count < m->count) {
		size_t at = (m->head + count) % REDIS_FLIGHTS_MAX;

		if (count > 0 && m->wire[at].is_first)
			break;
		if (m->wire[at].is_subscribe && !is_permitted(m->wire[at].room))
			*is_refused = true;
		count++;
	}
	return count;
}

/* Answer with an error where that is due. */
static bool model_refuse(struct model *m)
{
	bool is_refused;
	size_t count = model_due(m, &is_refused);
	struct slice refused;

	if (!is_refused || !m->wire[m->head].is_first)
		return false;
	ck_assert_int_eq(redis_channels_refuse(m->channels, &refused), 0);
	if (refused.len > 0)
		ck_assert(!is_permitted(room_number(refused)));
	m->head = (m->head + count) % REDIS_FLIGHTS_MAX;
	m->count -= count;
	return true;
}

static void model_reply(struct model *m)
{
	unsigned room = m->wire[m->head].room;
	bool is_subscribe = m->wire[m->head].is_subscribe;
	struct slice in_force;

	if (m->count == 0 || model_refuse(m))
		return;
	m->head = (m->head + 1) % REDIS_FLIGHTS_MAX;
	m->count--;
	m->is_subscribed[room] = is_subscribe;
	ck_assert_int_eq(
	    redis_channels_confirm(m->channels,
		step_of(is_subscribe ? '+' : '-'), room_name(room), &in_force),
	    0);
	if (in_force.len > 0)
		model_announce(m, in_force);
}

static void model_wish(struct model *m, unsigned room)
{
	m->is_wanted[room] = !m->is_wanted[room];
	m->is_owed[room] = m->is_wanted[room];
	m->is_expected[room] = false;
	if (m->is_wanted[room])
		redis_channels_want(
		    m->channels, room_name(room), REDIS_CHANNEL_ROOM);
	else
		redis_channels_unwant(
		    m->channels, room_name(room), REDIS_CHANNEL_ROOM);
}

static void model_reset(struct model *m)
{
	redis_channels_reset(m->channels);
	m->count = 0;
	memset(m->is_subscribed, 0, sizeof m->is_subscribed);
}

static void model_expect(struct model *m)
{
	redis_channels_expect_all(m->channels);
	for (unsigned room = 0; room < MODEL_ROOMS; room++)
		m->is_expected[room] = m->is_owed[room] && is_permitted(room);
}

static void model_check(const struct model *m)
{
	if (!redis_channels_is_synced(m->channels))
		return;
	for (unsigned room = 0; room < MODEL_ROOMS; room++)
		ck_assert(!m->is_expected[room]);
}

START_TEST(test_random_wishes_end_as_wished)
{
	static struct model m;
	size_t wanted = 0;

	m.channels = all;
	srand48(42);
	for (int i = 0; i < MODEL_STEPS; i++) {
		long dice = lrand48() % 1000;

		if (dice < 500)
			model_wish(&m, (unsigned)(lrand48() % MODEL_ROOMS));
		else if (dice < 950)
			model_reply(&m);
		else if (dice < 997)
			model_send(&m);
		else if (dice < 998)
			model_check(&m);
		else if (dice < 999)
			model_expect(&m);
		else if (lrand48() % 20 == 0)
			model_reset(&m);
	}
	do {
		model_send(&m);
		model_reply(&m);
	} while (m.count > 0 || !is_idle());
	for (unsigned room = 0; room < MODEL_ROOMS; room++) {
		ck_assert(m.is_subscribed[room] ==
			  (m.is_wanted[room] && is_permitted(room)));
		ck_assert(!m.is_owed[room] || !is_permitted(room));
		wanted += m.is_wanted[room];
	}
	ck_assert(redis_channels_is_synced(m.channels));
	ck_assert_uint_eq(redis_channels_count(m.channels), wanted);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_channels",
    test_a_room_is_subscribed_announced_and_forgotten,
    test_unwatched_before_it_was_sent_is_as_if_never_watched,
    test_a_late_confirmation_of_an_unwatched_room_is_not_announced,
    test_unwatch_and_watch_in_one_turn_announce_without_a_command,
    test_what_is_wanted_goes_before_what_is_not,
    test_new_names_are_subscribed_before_old_ones_are_left,
    test_a_new_name_may_be_the_old_one_of_another,
    test_what_was_never_sent_is_sent_by_its_new_name_only,
    test_any_other_confirmation_is_an_error,
    test_after_a_reset_all_is_sent_anew_and_base_channels_alone,
    test_synced_means_what_was_wanted_at_the_reset,
    test_what_is_wanted_by_now_can_be_waited_for,
    test_a_room_announced_before_the_reset_is_not_announced_again,
    test_a_pattern_goes_alone_and_is_none_of_the_channels,
    test_a_pattern_is_left_behind_the_new_one,
    test_of_a_refused_command_each_channel_is_sent_once_more,
    test_a_refused_room_is_told_once_and_tried_again_by_itself,
    test_a_refusal_behind_second_thoughts_changes_nothing,
    test_only_whole_subscriptions_of_rooms_can_be_refused,
    test_many_that_are_gone_by_a_reset_are_forgotten_a_part_a_turn,
    test_random_wishes_end_as_wished)
