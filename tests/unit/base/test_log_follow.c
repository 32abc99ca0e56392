/* log_follow: what is kept for who follows, up to its bound. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/log_follow.h"
#include "unit.h"

static void put(int number)
{
	char text[32];

	(void)snprintf(text, sizeof text, "{\"n\":%d}", number);
	log_follow_put(slice_str(text));
}

static void append(void *arg, struct slice line)
{
	struct buf *out = arg;

	buf_printf(
	    out, "%s%.*s", out->len > 0 ? ", " : "", (int)line.len, line.ptr);
}

static void check_read(
    uint64_t *since, uint64_t lost, uint64_t next, const char *wanted)
{
	struct buf out = { 0 };
	uint64_t gone;

	log_follow_read(since, &gone, append, &out);
	buf_putn(&out, "", 1);
	if (wanted)
		ck_assert_str_eq(out.data, wanted);
	ck_assert_uint_eq(gone, lost);
	ck_assert_uint_eq(*since, next);
	buf_fini(&out);
}

START_TEST(nobody_follows_until_the_first_look)
{
	uint64_t since = 0;

	ck_assert(!log_follow_is_on());
	check_read(&since, 0, 1, "");
	ck_assert(log_follow_is_on());
	put(1);
	put(2);
	check_read(&since, 0, 3, "{\"n\":1}, {\"n\":2}");
	check_read(&since, 0, 3, "");
	since = 2;
	check_read(&since, 0, 3, "{\"n\":2}");
	since = 0;
	check_read(&since, 0, 3, "");
}
END_TEST

START_TEST(who_is_late_is_told_how_many_have_gone)
{
	uint64_t since = 1;

	for (int i = 0; i < LOG_FOLLOW_LINES + 7; i++)
		put(i);
	check_read(&since, 7, LOG_FOLLOW_LINES + 8, NULL);
	put(1);
	check_read(&since, 0, LOG_FOLLOW_LINES + 9, "{\"n\":1}");
}
END_TEST

START_TEST(a_number_of_another_process_begins_at_the_oldest)
{
	uint64_t since = 1000;

	put(1);
	check_read(&since, 0, 2, "{\"n\":1}");
}
END_TEST

/* The lease of who was stopped for long ends, and lines go on. */
START_TEST(what_nobody_followed_has_gone_for_who_comes_back)
{
	uint64_t since = 0;

	log_follow_pass();
	check_read(&since, 0, 1, "");
	put(1);
	log_follow_pass();
	log_follow_pass();
	put(2);
	check_read(&since, 2, 5, "{\"n\":1}, {\"n\":2}");
	check_read(&since, 0, 5, "");
}
END_TEST

START_TEST(more_may_pass_than_are_kept)
{
	uint64_t since = 0;

	check_read(&since, 0, 1, "");
	put(1);
	for (int i = 0; i < LOG_FOLLOW_LINES + 5; i++)
		log_follow_pass();
	put(2);
	check_read(
	    &since, LOG_FOLLOW_LINES + 6, LOG_FOLLOW_LINES + 8, "{\"n\":2}");
}
END_TEST

static void pass(void *arg, struct slice line)
{
	(void)arg, (void)line;
	log_follow_pass();
}

/* In the midst of a read: if it waited for that, this would never end. */
START_TEST(what_nobody_follows_waits_for_no_reader)
{
	uint64_t since = 0, lost;

	check_read(&since, 0, 1, "");
	put(1);
	log_follow_read(&since, &lost, pass, NULL);
	ck_assert_uint_eq(lost, 0);
	check_read(&since, 1, 3, "");
}
END_TEST

START_TEST(what_is_too_long_is_not_kept)
{
	static char text[LOG_FOLLOW_LINE + 1];
	uint64_t since = 1;

	memset(text, 'x', sizeof text);
	log_follow_put(slice_of(text, sizeof text));
	check_read(&since, 1, 2, "");
	log_follow_put(slice_of(text, sizeof text - 1));
	check_read(&since, 0, 3, NULL);
}
END_TEST

/* Of all parts the one about clients. */
START_TEST(lines_of_the_access_log_come)
{
	uint64_t since = 0, lost;
	struct buf out = { 0 };

	ck_assert_int_ge(dup2(open("/dev/null", O_WRONLY), 2), 0);
	log_info(LOG_ACCESS, "before", kv_none);
	check_read(&since, 0, 1, "");
	log_info(LOG_HUB, "not this", kv_none);
	log_info(LOG_ACCESS, "this", kv_int("n", 1), kv_str("s", "a\"b\n"));
	log_debug(LOG_ACCESS, "not on", kv_none);
	log_follow_read(&since, &lost, append, &out);
	buf_putn(&out, "", 1);
	ck_assert_ptr_nonnull(strstr(out.data,
	    "\"level\":\"info\",\"component\":\"access\",\"msg\":\"this\","
	    "\"n\":1,\"s\":\"a\\\"b\\u000a\"}"));
	ck_assert_ptr_null(strstr(out.data, "not"));
	buf_fini(&out);
}
END_TEST

UNIT_MAIN("base/log_follow", nobody_follows_until_the_first_look,
    who_is_late_is_told_how_many_have_gone,
    a_number_of_another_process_begins_at_the_oldest,
    what_nobody_followed_has_gone_for_who_comes_back,
    more_may_pass_than_are_kept, what_nobody_follows_waits_for_no_reader,
    what_is_too_long_is_not_kept, lines_of_the_access_log_come)
