/*
 * redis_quorum: what several sentinels say, by replies as they were recorded.
 */
#include <string.h>

#include "backend/redis_quorum.h"
#include "proto/resp.h"
#include "unit.h"

#define A       "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n7001\r\n"
#define B       "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n7002\r\n"
#define V6      "*2\r\n$3\r\n::1\r\n$4\r\n7001\r\n"
#define V6_LONG "*2\r\n$15\r\n0:0:0:0:0:0:0:1\r\n$4\r\n7001\r\n"
#define NAME    "*2\r\n$7\r\nredis-0\r\n$4\r\n7001\r\n"
#define NOBODY  "*-1\r\n"
#define DENIED  "-NOAUTH Authentication required.\r\n"

static struct redis_quorum quorum; /* a test's own */

static void take(size_t sentinel, const char *text)
{
	struct resp_reader *r = resp_reader_new(1000);
	struct resp_value value;
	struct err e;

	ck_assert_int_eq(resp_feed(r, text, strlen(text)), 0);
	ck_assert_int_eq(resp_next(r, &value, &e), 1);
	redis_quorum_take(&quorum, sentinel, &value);
	resp_reader_free(r);
}

static void begin(const char *first, const char *second, const char *third)
{
	const char *const texts[] = { first, second, third };

	redis_quorum_begin(&quorum, 3);
	for (size_t i = 0; i < 3; i++)
		if (texts[i])
			take(i, texts[i]);
}

static void check(bool is_decided, const char *shown)
{
	const struct address *a = redis_quorum_address(&quorum);
	char text[ADDRESS_TEXT_MAX] = "";

	if (a)
		address_format(a, text);
	ck_assert_str_eq(text, shown);
	ck_assert_int_eq(redis_quorum_is_decided(&quorum), is_decided);
}

static void leave(const char *host, uint16_t port)
{
	struct address a = { .port = port };

	strcpy(a.host, host);
	redis_quorum_leave(&quorum, &a);
}

START_TEST(test_more_than_half_decide_at_once)
{
	begin(NULL, NULL, NULL);
	check(false, "");
	begin(A, NULL, NULL);
	check(false, "127.0.0.1:7001");
	ck_assert(!redis_quorum_is_of_most(&quorum));
	begin(A, NULL, A);
	check(true, "127.0.0.1:7001");
	ck_assert(redis_quorum_is_of_most(&quorum));
	begin(A, NOBODY, NOBODY);
	check(true, "127.0.0.1:7001");
	ck_assert(!redis_quorum_is_of_most(&quorum));
	redis_quorum_begin(&quorum, 1);
	check(false, "");
	take(0, B);
	check(true, "127.0.0.1:7002");
}
END_TEST

START_TEST(test_the_answer_of_most_counts)
{
	begin(A, B, NULL);
	check(false, "127.0.0.1:7001"); /* as many: the first one's */
	take(2, B);
	check(true, "127.0.0.1:7002");
	begin(A, B, NAME);
	check(true, "127.0.0.1:7001");
}
END_TEST

START_TEST(test_who_knows_nothing_has_no_say)
{
	struct redis_failure why;

	begin(NOBODY, B, NOBODY);
	check(true, "127.0.0.1:7002");
	begin(DENIED, NOBODY, B);
	check(true, "127.0.0.1:7002");
	begin(DENIED, NOBODY, DENIED);
	check(true, "");
	redis_quorum_explain(&quorum, &why);
	ck_assert_int_eq(why.kind, REDIS_FAILURE_RESOLVE);
	ck_assert_str_eq(why.reason, "no sentinel knows a master of that name");
}
END_TEST

START_TEST(test_errors_are_told)
{
	static const char *const replies[] = { DENIED, ":1\r\n", "*0\r\n",
		"$1\r\nx\r\n", "+OK\r\n", "*1\r\n$1\r\nx\r\n",
		"*2\r\n:1\r\n:2\r\n", "*2\r\n$1\r\n*\r\n$1\r\n1\r\n",
		"*2\r\n$1\r\nh\r\n$1\r\n0\r\n",
		"*3\r\n$1\r\nh\r\n$1\r\n1\r\n$1\r\n1\r\n" };
	struct redis_failure why;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		redis_quorum_begin(&quorum, 1);
		take(0, replies[i]);
		check(true, "");
		redis_quorum_explain(&quorum, &why);
		ck_assert_ptr_nonnull(
		    strstr(why.reason, "no sentinel answers"));
		if (i > 0)
			continue;
		ck_assert_int_eq(why.kind, REDIS_FAILURE_DENIED);
		ck_assert_ptr_nonnull(strstr(why.reason, "NOAUTH"));
	}
}
END_TEST

START_TEST(test_an_error_is_cut)
{
	char text[1000] = "-ERR ";
	struct redis_failure why;

	memset(text + 5, 'x', sizeof text - 8);
	memcpy(text + sizeof text - 3, "\r\n", 3);
	redis_quorum_begin(&quorum, 1);
	take(0, text);
	redis_quorum_explain(&quorum, &why);
	ck_assert_uint_lt(strlen(why.reason), 300);
}
END_TEST

START_TEST(test_who_does_not_answer_is_not_waited_for)
{
	const struct redis_failure refused =
	    redis_failure_make(REDIS_FAILURE_CONNECT, "connection refused");
	struct redis_failure why;

	begin(A, NULL, NULL);
	redis_quorum_fail(&quorum, 1, &refused);
	check(false, "127.0.0.1:7001");
	redis_quorum_fail(&quorum, 2, &refused);
	check(true, "127.0.0.1:7001");
	begin(NULL, NULL, NULL);
	redis_quorum_explain(&quorum, &why);
	ck_assert_ptr_nonnull(strstr(why.reason, "they were waited for"));
	ck_assert_int_eq(why.kind, REDIS_FAILURE_RESOLVE);
}
END_TEST

START_TEST(test_who_refuses_says_more_than_who_is_silent)
{
	const struct redis_failure silent =
	    redis_failure_make(REDIS_FAILURE_CLOSED, "closed");
	const struct redis_failure full =
	    redis_failure_make(REDIS_FAILURE_FULL, "max");
	struct redis_failure why;

	begin(NULL, NULL, NULL);
	redis_quorum_fail(&quorum, 0, &silent);
	redis_quorum_explain(&quorum, &why);
	ck_assert_int_eq(why.kind, REDIS_FAILURE_RESOLVE);
	redis_quorum_fail(&quorum, 1, &full);
	redis_quorum_fail(&quorum, 2, &silent);
	redis_quorum_explain(&quorum, &why);
	ck_assert_int_eq(why.kind, REDIS_FAILURE_FULL);
	ck_assert(why.is_oracles);
	ck_assert_str_eq(why.reason, "no sentinel answers: max");
}
END_TEST

START_TEST(test_an_address_is_one_however_spelt)
{
	begin(NAME, V6, V6_LONG);
	check(true, "[::1]:7001");
	begin(NAME, V6, NAME);
	check(true, "redis-0:7001");
}
END_TEST

START_TEST(test_what_has_left_comes_last)
{
	leave("127.0.0.1", 7001);
	begin(A, A, NULL);
	check(false, "127.0.0.1:7001"); /* the third may know better */
	take(2, B);
	check(true, "127.0.0.1:7002");
	begin(B, A, NULL);
	check(false, "127.0.0.1:7002");
	begin(A, A, A);
	check(true, "127.0.0.1:7001");
	redis_quorum_leave(&quorum, NULL);
	begin(A, A, B);
	check(true, "127.0.0.1:7001");
}
END_TEST

UNIT_MAIN("backend/redis_quorum", test_more_than_half_decide_at_once,
    test_the_answer_of_most_counts, test_who_knows_nothing_has_no_say,
    test_errors_are_told, test_an_error_is_cut,
    test_who_does_not_answer_is_not_waited_for,
    test_an_address_is_one_however_spelt, test_what_has_left_comes_last,
    test_who_refuses_says_more_than_who_is_silent)
