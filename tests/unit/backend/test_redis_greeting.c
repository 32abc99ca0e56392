/* redis_greeting: what is said to a server, and whether it lets us in. */
#include <errno.h>
#include <string.h>

#include "backend/redis_greeting.h"
#include "backend/redis_login.h"
#include "proto/resp_items.h"
#include "unit.h"

#define SELECT  "*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n"
#define SETNAME "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$8\r\nroomcast\r\n"

static struct redis_greeting greeting; /* a test's own */

static void check_says(
    const struct redis_login *login, uint32_t database, const char *expected)
{
	struct redis_failure why = { .command = NULL };
	struct buf out = { 0 };

	ck_assert_msg(
	    redis_greeting_write(&greeting, login, database, &out, &why), "%s",
	    why.reason);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, expected);
	buf_fini(&out);
}

/* Give the replies, one line each, and return what the last one came to. */
static int take(const char *replies, struct redis_failure *why)
{
	struct resp_items *items = resp_items_new(1000);
	struct resp_part part;
	struct err e;
	int rc = 0;

	*why = (struct redis_failure){ .command = NULL };
	ck_assert_int_eq(resp_items_feed(items, slice_str(replies)), 0);
	while (rc == 0 && resp_items_next(items, &part, &e) == 1)
		rc = redis_greeting_take(&greeting, &part, why);
	resp_items_free(items);
	return rc;
}

START_TEST(test_who_has_nothing_to_say_tells_its_name)
{
	const struct redis_login nobody = { .username = "ignored" };
	struct redis_failure why;

	check_says(&nobody, 0, SETNAME);
	ck_assert_int_eq(take("+OK\r\n", &why), 1);
}
END_TEST

START_TEST(test_all_is_said_at_once_and_answered_in_order)
{
	const struct redis_login login = { .username = "me", .password = "pw" };
	struct redis_failure why;

	check_says(&login, 7,
	    "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$2\r\npw\r\n" SELECT SETNAME);
	ck_assert_int_eq(take("+OK\r\n", &why), 0);
	ck_assert_int_eq(take("+OK\r\n", &why), 0);
	ck_assert_int_eq(take("+OK\r\n", &why), 1);
}
END_TEST

START_TEST(test_a_password_does_without_a_user)
{
	const struct redis_login login = { .password = "pw" };

	check_says(&login, 0, "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n" SETNAME);
}
END_TEST

START_TEST(test_a_file_that_is_missing_is_told_with_what_helps)
{
	const struct redis_login login = { .password_file = "/nowhere/at/all" };
	struct redis_failure why;
	struct buf out = { 0 };

	ck_assert(!redis_greeting_write(&greeting, &login, 0, &out, &why));
	ck_assert_ptr_nonnull(
	    strstr(why.reason, "redis.password_file: /nowhere/at/all: "));
	ck_assert_ptr_nonnull(why.remedy);
	buf_fini(&out);
}
END_TEST

START_TEST(test_a_refusal_names_the_command)
{
	static const struct {
		const char *replies, *command;
	} cases[] = {
		{ "-WRONGPASS invalid pw\r\n", "AUTH" },
		{ "+OK\r\n-ERR DB index is out of range\r\n", "SELECT" },
		{ "+OK\r\n+OK\r\n-ERR max number of clients reached\r\n",
		    "CLIENT SETNAME" },
	};
	const struct redis_login login = { .password = "pw" };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct redis_failure why;

		check_says(&login, 7,
		    "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n" SELECT SETNAME);
		ck_assert_int_eq(take(cases[i].replies, &why), -EACCES);
		ck_assert_str_eq(why.command, cases[i].command);
		ck_assert_ptr_null(strstr(why.reason, "pw"));
	}
}
END_TEST

START_TEST(test_a_server_without_names_will_do)
{
	static const char *const replies[] = {
		"-NOPERM this user has no permissions\r\n",
		"-ERR unknown command `CLIENT`\r\n",
		"-ERR unknown subcommand 'SETNAME'\r\n",
	};
	const struct redis_login nobody = { .username = NULL };
	struct redis_failure why;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		check_says(&nobody, 0, SETNAME);
		ck_assert_int_eq(take(replies[i], &why), 1);
	}
}
END_TEST

START_TEST(test_what_is_no_reply_to_it_is_a_protocol_error)
{
	static const char *const replies[] = { ":1\r\n", "*0\r\n", "$-1\r\n",
		"$2\r\nOK\r\n", "*1\r\n+OK\r\n" };
	const struct redis_login nobody = { .username = NULL };
	struct redis_failure why;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		check_says(&nobody, 0, SETNAME);
		ck_assert_int_eq(take(replies[i], &why), -EPROTO);
		ck_assert_str_ne(why.reason, "");
	}
}
END_TEST

UNIT_MAIN("backend/redis_greeting", test_who_has_nothing_to_say_tells_its_name,
    test_all_is_said_at_once_and_answered_in_order,
    test_a_password_does_without_a_user,
    test_a_file_that_is_missing_is_told_with_what_helps,
    test_a_refusal_names_the_command, test_a_server_without_names_will_do,
    test_what_is_no_reply_to_it_is_a_protocol_error)
