/* redis_channels: what is sent and announced, against a server that keeps order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_channels.h"
#include "backend/redis_flights.h"
#include "unit.h"

/* Take one batch and describe it: "+a b", "-a", "!a" or "". */
static const char *next(struct redis_channels *s)
{
	static char text[8192];
	struct redis_channels_batch batch;
	size_t len = 1;

	if (!redis_channels_next(s, &batch))
		return "";
	text[0] = "+-!"[batch.step];
	for (size_t i = 0; i < batch.count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s",
		    i ? " " : "", (int)batch.names[i].len, batch.names[i].ptr);
	return text;
}

static void want(struct redis_channels *s, const char *room)
{
	redis_channels_want(s, slice_str(room), true);
}

static void unwant(struct redis_channels *s, const char *room)
{
	redis_channels_unwant(s, slice_str(room));
}

/* Confirm; "" when nothing is announced. */
static const char *confirm(
    struct redis_channels *s, char verb, const char *room)
{
	static char text[300];
	struct slice in_force;

	ck_assert_int_eq(
	    redis_channels_confirm(s, verb == '+', slice_str(room), &in_force),
	    0);
	(void)snprintf(text, sizeof text, "%.*s", (int)in_force.len,
	    in_force.ptr ? in_force.ptr : "");
	return text;
}

START_TEST(test_a_room_is_subscribed_announced_and_forgotten)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	want(s, "b");
	ck_assert_str_eq(next(s), "+a b");
	ck_assert_str_eq(next(s), "");
	ck_assert(!redis_channels_is_idle(s));
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	ck_assert_str_eq(confirm(s, '+', "b"), "b");
	ck_assert(redis_channels_is_idle(s));
	unwant(s, "a");
	ck_assert_str_eq(next(s), "-a");
	ck_assert_str_eq(confirm(s, '-', "a"), "");
	ck_assert_uint_eq(redis_channels_count(s), 1);
	redis_channels_free(s);
}
END_TEST

START_TEST(test_unwatched_before_it_was_sent_is_as_if_never_watched)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	unwant(s, "a");
	unwant(s, "a");
	unwant(s, "never");
	ck_assert_str_eq(next(s), "");
	ck_assert_uint_eq(redis_channels_count(s), 0);
	redis_channels_free(s);
}
END_TEST

START_TEST(test_a_late_confirmation_of_an_unwatched_room_is_not_announced)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	ck_assert_str_eq(next(s), "+a");
	unwant(s, "a");
	ck_assert_str_eq(confirm(s, '+', "a"), "");
	ck_assert_str_eq(next(s), "-a");
	want(s, "a");
	ck_assert_str_eq(next(s), "+a");
	ck_assert_str_eq(confirm(s, '-', "a"), "");
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	ck_assert_uint_eq(redis_channels_count(s), 1);
	redis_channels_free(s);
}
END_TEST

START_TEST(test_unwatch_and_watch_in_one_turn_announce_without_a_command)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	ck_assert_str_eq(next(s), "+a");
	unwant(s, "a");
	want(s, "a"); /* while in flight: its confirmation will do */
	ck_assert_str_eq(next(s), "");
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	unwant(s, "a");
	want(s, "a"); /* in force already */
	ck_assert_str_eq(next(s), "!a");
	ck_assert_str_eq(next(s), "");
	redis_channels_free(s);
}
END_TEST

START_TEST(test_what_is_wanted_goes_before_what_is_not)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	want(s, "b");
	ck_assert_str_eq(next(s), "+a b");
	unwant(s, "a");
	want(s, "c");
	unwant(s, "b");
	ck_assert_str_eq(next(s), "+c");
	ck_assert_str_eq(next(s), "-a b");
	redis_channels_free(s);
}
END_TEST

START_TEST(test_any_other_confirmation_is_an_error)
{
	struct redis_channels *s = redis_channels_new();
	struct slice in_force;
	bool is_subscribe;

	ck_assert_int_eq(
	    redis_channels_confirm(s, true, slice_str("a"), &in_force),
	    -EPROTO);
	ck_assert_uint_eq(redis_channels_awaited(s, &is_subscribe).len, 0);
	want(s, "a");
	want(s, "b");
	ck_assert_str_eq(next(s), "+a b");
	ck_assert_int_eq(
	    redis_channels_confirm(s, true, slice_str("b"), &in_force),
	    -EPROTO);
	ck_assert_int_eq(
	    redis_channels_confirm(s, false, slice_str("a"), &in_force),
	    -EPROTO);
	ck_assert(
	    slice_eq(redis_channels_awaited(s, &is_subscribe), slice_str("a")));
	ck_assert(is_subscribe);
	redis_channels_free(s);
}
END_TEST

START_TEST(test_after_a_reset_all_is_sent_anew_and_base_channels_alone)
{
	struct redis_channels *s = redis_channels_new();

	redis_channels_want(s, slice_str("base2"), false);
	redis_channels_want(s, slice_str("base1"), false);
	want(s, "a");
	want(s, "gone");
	redis_channels_reset(s);
	for (int round = 0; round < 2; round++) {
		ck_assert(!redis_channels_is_synced(s));
		ck_assert_int_eq(*next(s), '+');
		ck_assert_int_eq(*next(s), '+');
		ck_assert_str_eq(next(s), round ? "+a" : "+a gone");
		unwant(s, "gone");
		redis_channels_reset(s);
	}
	ck_assert_uint_eq(redis_channels_count(s), 3);
	redis_channels_free(s);
}
END_TEST

START_TEST(test_synced_means_what_was_wanted_at_the_reset)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	want(s, "b");
	redis_channels_reset(s);
	ck_assert_str_eq(next(s), "+a b");
	want(s, "late");
	ck_assert_str_eq(next(s), "+late");
	unwant(s, "b");
	ck_assert(!redis_channels_is_synced(s));
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	ck_assert(redis_channels_is_synced(s));
	ck_assert_str_eq(confirm(s, '+', "b"), "");
	ck_assert_str_eq(confirm(s, '+', "late"), "late");
	ck_assert(!redis_channels_is_idle(s));
	ck_assert_str_eq(next(s), "-b");
	ck_assert_str_eq(confirm(s, '-', "b"), "");
	ck_assert(redis_channels_is_idle(s));
	redis_channels_free(s);
}
END_TEST

START_TEST(test_a_room_announced_before_the_reset_is_not_announced_again)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	ck_assert_str_eq(next(s), "+a");
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	want(s, "b");
	redis_channels_reset(s);
	ck_assert_str_eq(next(s), "+b a");
	ck_assert_str_eq(confirm(s, '+', "b"), "b");
	ck_assert_str_eq(confirm(s, '+', "a"), "");
	redis_channels_free(s);
}
END_TEST

/* Refuse; "" when there is nothing new to tell. */
static const char *refuse(struct redis_channels *s)
{
	static char text[300];
	struct slice refused;

	ck_assert_int_eq(redis_channels_refuse(s, &refused), 0);
	(void)snprintf(text, sizeof text, "%.*s", (int)refused.len,
	    refused.ptr ? refused.ptr : "");
	return text;
}

START_TEST(test_of_a_refused_command_each_channel_is_sent_once_more)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	want(s, "bad");
	want(s, "b");
	redis_channels_reset(s);
	ck_assert_str_eq(next(s), "+a bad b");
	ck_assert_str_eq(refuse(s), "");
	ck_assert_str_eq(next(s), "+a");
	ck_assert_str_eq(next(s), "+bad");
	ck_assert_str_eq(next(s), "+b");
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	ck_assert_str_eq(refuse(s), "bad");
	ck_assert(!redis_channels_is_synced(s));
	ck_assert_str_eq(confirm(s, '+', "b"), "b");
	ck_assert(redis_channels_is_synced(s)); /* without it */
	ck_assert(redis_channels_is_idle(s));
	ck_assert_str_eq(next(s), "");
	unwant(s, "bad");
	ck_assert_uint_eq(redis_channels_count(s), 2);
	redis_channels_free(s);
}
END_TEST

START_TEST(test_a_refused_room_is_told_once_and_tried_again_by_itself)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "bad");
	ck_assert_str_eq(next(s), "+bad");
	ck_assert_str_eq(refuse(s), "bad");
	redis_channels_retry(s);
	ck_assert_str_eq(next(s), "+bad");
	ck_assert_str_eq(refuse(s), "");
	want(s, "a");
	redis_channels_reset(s);
	ck_assert_str_eq(next(s), "+a");
	ck_assert_str_eq(next(s), "+bad");
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	ck_assert_str_eq(confirm(s, '+', "bad"), "bad");
	redis_channels_reset(s);
	ck_assert_str_eq(next(s), "+a bad"); /* forgotten that it was */
	redis_channels_free(s);
}
END_TEST

START_TEST(test_a_refusal_behind_second_thoughts_changes_nothing)
{
	struct redis_channels *s = redis_channels_new();

	want(s, "a");
	want(s, "b");
	ck_assert_str_eq(next(s), "+a b");
	unwant(s, "a");
	ck_assert_str_eq(next(s), "-a");
	want(s, "a");
	ck_assert_str_eq(next(s), "+a");
	unwant(s, "b");
	ck_assert_str_eq(refuse(s), ""); /* of a, b */
	ck_assert_uint_eq(redis_channels_count(s), 1);
	ck_assert_str_eq(confirm(s, '-', "a"), "");
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	redis_channels_free(s);
}
END_TEST

START_TEST(test_only_whole_subscriptions_of_rooms_can_be_refused)
{
	struct redis_channels *s = redis_channels_new();
	struct slice refused;

	ck_assert_int_eq(redis_channels_refuse(s, &refused), -EACCES);
	redis_channels_want(s, slice_str("base"), false);
	ck_assert_str_eq(next(s), "+base");
	ck_assert_int_eq(redis_channels_refuse(s, &refused), -EACCES);
	ck_assert_str_eq(confirm(s, '+', "base"), "");
	want(s, "a");
	want(s, "b");
	ck_assert_str_eq(next(s), "+a b");
	ck_assert_str_eq(confirm(s, '+', "a"), "a");
	ck_assert_int_eq(redis_channels_refuse(s, &refused), -EACCES);
	ck_assert_str_eq(confirm(s, '+', "b"), "b");
	unwant(s, "a");
	ck_assert_str_eq(next(s), "-a");
	ck_assert_int_eq(redis_channels_refuse(s, &refused), -EACCES);
	redis_channels_free(s);
}
END_TEST

START_TEST(test_many_that_are_gone_by_a_reset_are_forgotten_a_part_a_turn)
{
	struct redis_channels *s = redis_channels_new();
	struct redis_channels_batch batch;
	char name[16];
	size_t before;

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof name, "r%d", i);
		want(s, name);
	}
	while (!redis_channels_is_idle(s)) {
		(void)redis_channels_next(s, &batch);
		for (size_t i = 0; i < batch.count; i++) {
			(void)snprintf(name, sizeof name, "%.*s",
			    (int)batch.names[i].len, batch.names[i].ptr);
			confirm(s, '+', name);
		}
	}
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof name, "r%d", i);
		unwant(s, name);
	}
	redis_channels_reset(s);
	ck_assert(redis_channels_is_synced(s));
	for (before = 5000; redis_channels_is_due(s);) {
		ck_assert(!redis_channels_next(s, &batch));
		ck_assert_uint_le(
		    before - redis_channels_count(s), REDIS_CHANNELS_VISITS);
		before = redis_channels_count(s);
	}
	ck_assert_uint_eq(before, 0);
	redis_channels_free(s);
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
	bool is_owed[MODEL_ROOMS]; /* an announcement */
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
	m->is_owed[room] = false;
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
	ck_assert_int_eq(redis_channels_confirm(m->channels, is_subscribe,
			     room_name(room), &in_force),
	    0);
	if (in_force.len > 0)
		model_announce(m, in_force);
}

static void model_wish(struct model *m, unsigned room)
{
	m->is_wanted[room] = !m->is_wanted[room];
	m->is_owed[room] = m->is_wanted[room];
	if (m->is_wanted[room])
		redis_channels_want(m->channels, room_name(room), true);
	else
		redis_channels_unwant(m->channels, room_name(room));
}

static void model_reset(struct model *m)
{
	redis_channels_reset(m->channels);
	m->count = 0;
	memset(m->is_subscribed, 0, sizeof m->is_subscribed);
}

START_TEST(test_random_wishes_end_as_wished)
{
	static struct model m;
	size_t wanted = 0;

	m.channels = redis_channels_new();
	srand48(42);
	for (int i = 0; i < MODEL_STEPS; i++) {
		long dice = lrand48() % 1000;

		if (dice < 500)
			model_wish(&m, (unsigned)(lrand48() % MODEL_ROOMS));
		else if (dice < 950)
			model_reply(&m);
		else if (dice < 999)
			model_send(&m);
		else if (lrand48() % 20 == 0)
			model_reset(&m);
	}
	do {
		model_send(&m);
		model_reply(&m);
	} while (m.count > 0 || !redis_channels_is_idle(m.channels));
	for (unsigned room = 0; room < MODEL_ROOMS; room++) {
		ck_assert(m.is_subscribed[room] ==
			  (m.is_wanted[room] && is_permitted(room)));
		ck_assert(!m.is_owed[room] || !is_permitted(room));
		wanted += m.is_wanted[room];
	}
	ck_assert(redis_channels_is_synced(m.channels));
	ck_assert_uint_eq(redis_channels_count(m.channels), wanted);
	redis_channels_free(m.channels);
}
END_TEST

UNIT_MAIN("backend/redis_channels",
    test_a_room_is_subscribed_announced_and_forgotten,
    test_unwatched_before_it_was_sent_is_as_if_never_watched,
    test_a_late_confirmation_of_an_unwatched_room_is_not_announced,
    test_unwatch_and_watch_in_one_turn_announce_without_a_command,
    test_what_is_wanted_goes_before_what_is_not,
    test_any_other_confirmation_is_an_error,
    test_after_a_reset_all_is_sent_anew_and_base_channels_alone,
    test_synced_means_what_was_wanted_at_the_reset,
    test_a_room_announced_before_the_reset_is_not_announced_again,
    test_of_a_refused_command_each_channel_is_sent_once_more,
    test_a_refused_room_is_told_once_and_tried_again_by_itself,
    test_a_refusal_behind_second_thoughts_changes_nothing,
    test_only_whole_subscriptions_of_rooms_can_be_refused,
    test_many_that_are_gone_by_a_reset_are_forgotten_a_part_a_turn,
    test_random_wishes_end_as_wished)
