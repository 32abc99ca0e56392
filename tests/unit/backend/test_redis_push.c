/* redis_push: what a server says on a connection that subscribes. */
#include <stdio.h>
#include <stdlib.h>

#include "backend/redis_push.h"
#include "proto/resp.h"
#include "unit.h"

static struct resp_reader *reader; /* a test's own */

static void set_up(void)
{
	reader = resp_reader_new(1000);
}

static void tear_down(void)
{
	resp_reader_free(reader);
}

static struct redis_push read_push(const char *bytes)
{
	struct resp_value value;
	struct err e;

	ck_assert_int_eq(resp_feed(reader, bytes, strlen(bytes)), 0);
	ck_assert_int_eq(resp_next(reader, &value, &e), 1);
	return redis_push_read(&value);
}

static void check_message(const char *bytes)
{
	const struct redis_push push = read_push(bytes);

	ck_assert_int_eq(push.kind, REDIS_PUSH_MESSAGE);
	ck_assert(slice_eq(push.channel, slice_str("room")));
	ck_assert(slice_eq(push.text, slice_str("hello")));
}

START_TEST(test_messages)
{
	check_message("*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$5\r\nhello\r\n");
	check_message("*3\r\n$8\r\nsmessage\r\n$4\r\nroom\r\n$5\r\nhello\r\n");
	check_message("*4\r\n$8\r\npmessage\r\n$2\r\nr*\r\n$4\r\nroom\r\n"
		      "$5\r\nhello\r\n");
}
END_TEST

START_TEST(test_confirmations)
{
	static const struct {
		const char *word, *command;
		enum redis_channels_step step;
	} cases[] = {
		{ "subscribe", "SUBSCRIBE", REDIS_CHANNELS_SUBSCRIBE },
		{ "psubscribe", "PSUBSCRIBE", REDIS_CHANNELS_PSUBSCRIBE },
		{ "unsubscribe", "UNSUBSCRIBE", REDIS_CHANNELS_UNSUBSCRIBE },
		{ "punsubscribe", "PUNSUBSCRIBE", REDIS_CHANNELS_PUNSUBSCRIBE },
		{ "ssubscribe", "SSUBSCRIBE", REDIS_CHANNELS_SSUBSCRIBE },
		{ "sunsubscribe", "SUNSUBSCRIBE", REDIS_CHANNELS_SUNSUBSCRIBE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char bytes[128];
		struct redis_push push;

		(void)snprintf(bytes, sizeof bytes,
		    "*3\r\n$%zu\r\n%s\r\n$1\r\na\r\n:7\r\n",
		    strlen(cases[i].word), cases[i].word);
		push = read_push(bytes);
		ck_assert_int_eq(push.kind, REDIS_PUSH_CONFIRMED);
		ck_assert_int_eq(push.step, cases[i].step);
		ck_assert(slice_eq(push.channel, slice_str("a")));
		ck_assert_str_eq(
		    redis_push_command(push.step), cases[i].command);
	}
}
END_TEST

START_TEST(test_pongs)
{
	ck_assert_int_eq(
	    read_push("*2\r\n$4\r\npong\r\n$0\r\n\r\n").kind, REDIS_PUSH_PONG);
	ck_assert_int_eq(read_push("+PONG\r\n").kind, REDIS_PUSH_PONG);
}
END_TEST

START_TEST(test_errors)
{
	const struct redis_push push = read_push("-MOVED 1 a:1\r\n");

	ck_assert_int_eq(push.kind, REDIS_PUSH_ERROR);
	ck_assert(slice_eq(push.text, slice_str("MOVED 1 a:1")));
}
END_TEST

START_TEST(test_what_is_none_of_these)
{
	static const char *const values[] = { "+OK\r\n", ":1\r\n", "$-1\r\n",
		"*0\r\n", "*1\r\n$7\r\nmessage\r\n",
		"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n:1\r\n",
		"*3\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\nb\r\n",
		"*4\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
		"*3\r\n$9\r\nsubscribe\r\n:1\r\n:1\r\n",
		"*3\r\n$4\r\npong\r\n$1\r\na\r\n$1\r\nb\r\n" };

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		ck_assert_msg(read_push(values[i]).kind == REDIS_PUSH_NONE,
		    "%s", values[i]);
}
END_TEST

START_TEST(test_nothing_to_end)
{
	ck_assert_int_eq(
	    read_push("*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n").kind,
	    REDIS_PUSH_NOTHING);
	ck_assert_int_eq(
	    read_push("*3\r\n$12\r\nsunsubscribe\r\n$-1\r\n:0\r\n").kind,
	    REDIS_PUSH_NOTHING);
}
END_TEST

START_TEST(test_commands_by_their_names)
{
	ck_assert_str_eq(redis_push_named(slice_str("ping")), "PING");
	ck_assert_str_eq(
	    redis_push_named(slice_str("sunsubscribe")), "SUNSUBSCRIBE");
	ck_assert_ptr_null(redis_push_named(slice_str("get")));
	ck_assert_ptr_null(redis_push_named(slice_of(NULL, 0)));
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_push", test_messages,
    test_confirmations, test_pongs, test_errors, test_what_is_none_of_these,
    test_nothing_to_end, test_commands_by_their_names)
