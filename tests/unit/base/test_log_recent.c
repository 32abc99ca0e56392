/* log_recent: what was warned of lately, each that says the same once. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_recent.h"
#include "unit.h"

static struct log_recent kept[LOG_RECENT_MAX];

static void warn_of(const char *message, const char *value)
{
	log_recent_note(LOG_WARN, "redis", message, slice_str(value), 1);
}

START_TEST(the_same_is_counted_and_the_last_comes_first)
{
	warn_of("lost", "n=1");
	warn_of("slow", "n=2");
	warn_of("lost", "n=3");
	log_recent_note(LOG_ERROR, "tls", "lost", slice_str(""), 7);
	ck_assert_uint_eq(log_recent_copy(kept), 3);
	ck_assert_str_eq(kept[0].component, "tls");
	ck_assert_uint_eq(kept[0].count, 7);
	ck_assert_int_eq(kept[0].level, LOG_ERROR);
	ck_assert_str_eq(kept[1].message, "lost");
	ck_assert_str_eq(kept[1].values, "n=3");
	ck_assert_uint_eq(kept[1].count, 2);
	ck_assert_int_le(kept[1].first_ms, kept[1].last_ms);
	ck_assert_str_eq(kept[2].message, "slow");
}
END_TEST

START_TEST(there_is_a_bound_and_the_oldest_goes)
{
	char message[32];

	for (int i = 0; i <= LOG_RECENT_MAX; i++) {
		(void)snprintf(message, sizeof message, "message %d", i);
		warn_of(message, "");
	}
	ck_assert_uint_eq(log_recent_copy(kept), LOG_RECENT_MAX);
	ck_assert_str_eq(kept[0].message, "message 32");
	ck_assert_str_eq(kept[LOG_RECENT_MAX - 1].message, "message 1");
	warn_of("message 1", "");
	ck_assert_uint_eq(log_recent_copy(kept), LOG_RECENT_MAX);
	ck_assert_uint_eq(kept[0].count, 2);
	ck_assert_str_eq(kept[LOG_RECENT_MAX - 1].message, "message 2");
}
END_TEST

START_TEST(what_is_long_is_cut)
{
	char text[4096];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_recent_note(LOG_WARN, text, text, slice_str(text), 1);
	ck_assert_uint_eq(log_recent_copy(kept), 1);
	ck_assert_uint_eq(strlen(kept[0].message), LOG_RECENT_MESSAGE - 1);
	ck_assert_uint_eq(strlen(kept[0].values), LOG_RECENT_VALUES - 1);
	warn_of("lost", "");
	log_recent_note(LOG_WARN, text, text, slice_str(text), 1);
	ck_assert_uint_eq(log_recent_copy(kept), 2);
	ck_assert_uint_eq(kept[0].count, 2);
}
END_TEST

START_TEST(lines_of_the_log_from_warn_on_are_kept)
{
	char text[2000];

	memset(text, 'y', sizeof text);
	(void)close(STDERR_FILENO);
	log_info(LOG_REDIS, "up", kv_none);
	log_warn(LOG_REDIS, "lost", kv_str("why", "a \"b\"\n"), kv_none,
	    kv_int("n", 3));
	log_error(
	    LOG_TLS, "bad", kv_text("error", slice_of(text, sizeof text)));
	ck_assert_uint_eq(log_recent_copy(kept), 2);
	ck_assert_str_eq(kept[1].component, "redis");
	ck_assert_str_eq(kept[1].values, "why=\"a \\\"b\\\"\\x0a\" n=3");
	ck_assert_uint_eq(strlen(kept[0].values), LOG_RECENT_VALUES - 1);
	ck_assert_int_eq(strncmp(kept[0].values, "error=", 6), 0);
}
END_TEST

UNIT_MAIN("base/log_recent", the_same_is_counted_and_the_last_comes_first,
    there_is_a_bound_and_the_oldest_goes, what_is_long_is_cut,
    lines_of_the_log_from_warn_on_are_kept)
