/*
 * log: what reaches standard error, byte for byte, and what must not happen:
 * a forged line, broken JSON, a flood, a wait for a reader.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "unit.h"

static void setup(enum log_level level, enum log_format format)
{
	log_set_format(format);
	for (int i = 0; i < LOG_COMPONENTS; i++)
		log_set_level((enum log_component)i, level);
}

/* Standard error goes somewhere else for a while. */
struct capture {
	int saved;
	int fd;
	char text[65536];
	size_t len;
};

static void redirect(struct capture *c, int fd)
{
	c->saved = dup(STDERR_FILENO);
	c->fd = fd;
	ck_assert_int_ge(c->saved, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

static void restore(struct capture *c)
{
	ck_assert_int_eq(dup2(c->saved, STDERR_FILENO), STDERR_FILENO);
	(void)close(c->saved);
}

static void capture_start(struct capture *c, enum log_format format)
{
	setup(LOG_INFO, format);
	redirect(c, memfd_create("log", 0));
}

static void capture_stop(struct capture *c)
{
	ssize_t len;

	restore(c);
	len = pread(c->fd, c->text, sizeof c->text - 1, 0);
	ck_assert_int_ge(len, 0);
	c->len = (size_t)len;
	c->text[c->len] = '\0';
}

static void capture_close(struct capture *c)
{
	(void)close(c->fd);
	setup(LOG_INFO, LOG_TEXT);
}

static unsigned lines_of(const struct capture *c)
{
	unsigned lines = 0;

	for (size_t i = 0; i < c->len; i++)
		lines += c->text[i] == '\n';
	return lines;
}

/* What follows the time stamp, which must have its shape. */
static const char *after_time(const char *line)
{
	static const char shape[] = "0000-00-00T00:00:00.000Z ";

	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == '0')
			ck_assert(line[i] >= '0' && line[i] <= '9');
		else
			ck_assert_int_eq(line[i], shape[i]);
	}
	return line + sizeof shape - 1;
}

/* Run Python over the captured lines: it fails when one is no JSON. */
static void check_json(const struct capture *c, const char *condition)
{
	char command[512];

	(void)snprintf(command, sizeof command,
	    "/usr/bin/python3 -c 'import json,sys\n"
	    "o=[json.loads(l) for l in open(\"/proc/%d/fd/%d\")]\n"
	    "sys.exit(not(%s))'",
	    (int)getpid(), c->fd, condition);
	ck_assert_msg(system(command) == 0, "%s: %s", condition, c->text);
}

START_TEST(a_line_is_time_level_component_message_and_pairs)
{
	struct capture c;

	capture_start(&c, LOG_TEXT);
	log_warn(LOG_REDIS, "connection lost", kv_str("reason", "closed"),
	    kv_int("retry_ms", -5), kv_slice("room", slice_of("abc", 2)));
	log_info(LOG_MAIN, "ready", kv_none);
	capture_stop(&c);
	ck_assert_uint_eq(lines_of(&c), 2);
	ck_assert_str_eq(
	    after_time(strchr(c.text, '\n') + 1), "info main: ready\n");
	*strchr(c.text, '\n') = '\0';
	ck_assert_str_eq(after_time(c.text),
	    "warn redis: connection lost reason=closed retry_ms=-5 room=ab");
	capture_close(&c);
}
END_TEST

START_TEST(a_pair_that_is_none_ends_no_line)
{
	struct capture c;

	capture_start(&c, LOG_TEXT);
	log_info(LOG_TLS, "text", kv_none, kv_int("a", 1), kv_given("b", NULL),
	    kv_given("c", "2"), kv_none);
	setup(LOG_INFO, LOG_JSON);
	log_info(LOG_TLS, "json", kv_none, kv_int("a", 1), kv_given("b", NULL),
	    kv_given("c", "2"), kv_none);
	capture_stop(&c);
	ck_assert_ptr_nonnull(strstr(c.text, "tls: text a=1 c=2\n"));
	ck_assert_ptr_nonnull(
	    strstr(c.text, "\"msg\":\"json\",\"a\":1,\"c\":\"2\"}\n"));
	capture_close(&c);
}
END_TEST

START_TEST(a_value_from_outside_cannot_forge_a_line)
{
	static const char evil[] =
	    "x\n2026 error main: \x1b[31m\"q\\ \xff\x7f=";
	struct capture c;

	capture_start(&c, LOG_TEXT);
	log_info(LOG_AUTH, "refused",
	    kv_slice("path", slice_of(evil, sizeof evil)), kv_str("empty", ""),
	    kv_str("null", NULL), kv_str("eq", "a=b"), kv_str("sp", "a b"));
	capture_stop(&c);
	ck_assert_uint_eq(lines_of(&c), 1);
	ck_assert_str_eq(after_time(c.text),
	    "info auth: refused path=\"x\\x0a2026 error main: "
	    "\\x1b[31m\\\"q\\\\ \\xff\\x7f=\\x00\" empty=\"\" null=\"\" "
	    "eq=\"a=b\" sp=\"a b\"\n");
	capture_close(&c);
}
END_TEST

START_TEST(a_long_value_is_cut_and_says_so)
{
	struct capture c;
	char text[1000];
	const char *dots;

	memset(text, 'v', sizeof text);
	capture_start(&c, LOG_TEXT);
	log_info(LOG_AUTH, "long", kv_slice("v", slice_of(text, sizeof text)));
	capture_stop(&c);
	dots = strstr(c.text, "...");
	ck_assert_ptr_nonnull(dots);
	ck_assert_str_eq(dots, "...\"\n");
	ck_assert_uint_lt(c.len, 400);
	capture_close(&c);
}
END_TEST

/* Four values that take 1 KiB each when escaped: two fit. */
static void log_too_much(const char *message, int64_t number)
{
	char text[256];

	memset(text, 0x01, sizeof text);
	log_info(LOG_AUTH, message, kv_slice("a", slice_of(text, sizeof text)),
	    kv_slice("b", slice_of(text, sizeof text)),
	    kv_slice("c", slice_of(text, sizeof text)), kv_int("n", number));
}

START_TEST(a_text_of_our_own_is_shown_whole)
{
	struct capture c;
	char text[1201];

	memset(text, 'x', 1200);
	text[1200] = '\0';
	capture_start(&c, LOG_TEXT);
	log_warn(LOG_MAIN, "cannot start", kv_text("error", slice_str(text)));
	capture_stop(&c);
	ck_assert_ptr_nonnull(strstr(c.text, text));
	ck_assert_ptr_null(strstr(c.text, "..."));
	capture_close(&c);
}
END_TEST

START_TEST(pairs_that_do_not_fit_are_left_out_whole)
{
	struct capture c;

	capture_start(&c, LOG_TEXT);
	log_too_much("much", 7);
	capture_stop(&c);
	ck_assert_uint_eq(lines_of(&c), 1);
	ck_assert_uint_le(c.len, 2048);
	ck_assert_ptr_nonnull(strstr(c.text, " a=\"\\x01"));
	ck_assert_ptr_null(strstr(c.text, " c="));
	ck_assert_str_eq(c.text + c.len - 10, "\\x01\" n=7\n");
	capture_close(&c);
}
END_TEST

START_TEST(json_lines_are_valid_whatever_is_in_them)
{
	char all[256];
	struct capture c;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	capture_start(&c, LOG_JSON);
	log_warn(LOG_AUTH, "an \"event\"\n", kv_slice("a", slice_of(all, 256)),
	    kv_int("n", INT64_MIN), kv_str("empty", ""));
	log_too_much("much", INT64_MAX);
	log_error(LOG_MAIN, "end", kv_none);
	capture_stop(&c);
	ck_assert_uint_eq(lines_of(&c), 3);
	check_json(&c,
	    "len(o) == 3 and o[0][\"msg\"] == \"an \\\"event\\\"\\n\""
	    " and o[0][\"a\"].encode(\"latin1\") == bytes(range(256))"
	    " and o[0][\"n\"] == -2**63 and o[0][\"empty\"] == \"\"");
	check_json(&c,
	    "o[1][\"a\"] == \"\\1\" * 256 and o[1][\"n\"] == 2**63 - 1"
	    " and \"b\" not in o[1]");
	check_json(&c,
	    "list(o[2]) == [\"time\", \"level\", \"component\", \"msg\"]"
	    " and o[2][\"level\"] == \"error\"");
	capture_close(&c);
}
END_TEST

/* One site's burst inside one second of the clock, and a line after it. */
static unsigned burst_lines(struct capture *c, unsigned tries)
{
	const struct log_kv none[] = { kv_end };

	for (;;) {
		struct log_site site = { 0 };
		int64_t second = clock_ms() / 1000;

		capture_start(c, LOG_TEXT);
		for (unsigned i = 0; i < tries; i++)
			log_write(&site, LOG_HUB, LOG_INFO, "b", none);
		if (clock_ms() / 1000 == second) {
			unsigned before;

			capture_stop(c);
			before = lines_of(c);
			redirect(c, c->fd);
			site.second = second - 1; /* a second passes */
			log_write(&site, LOG_HUB, LOG_INFO, "next", none);
			log_write(&site, LOG_HUB, LOG_INFO, "last", none);
			capture_stop(c);
			return before;
		}
		capture_stop(c);
		capture_close(c); /* the second turned: once more */
	}
}

START_TEST(a_site_writes_ten_lines_a_second_and_counts_the_rest)
{
	struct capture c;

	ck_assert_uint_eq(burst_lines(&c, 25), 10);
	ck_assert_uint_eq(lines_of(&c), 12);
	ck_assert_ptr_nonnull(strstr(c.text, "hub: next held_back=15\n"));
	ck_assert_ptr_nonnull(strstr(c.text, "hub: last\n"));
	capture_close(&c);
}
END_TEST

/* Escaped values of every length: somewhere the line is just full. */
static void log_held_back(size_t len)
{
	struct log_site site = { .held_back = 4000000000u };
	char text[256];
	const struct log_kv pairs[] = { kv_slice("a", slice_of(text, len)),
		kv_slice("b", slice_of(text, len)), kv_end };

	memset(text, 0x02, sizeof text);
	log_write(&site, LOG_TLS, LOG_INFO, "full", pairs);
}

START_TEST(held_back_is_told_even_on_a_full_line)
{
	struct capture c;

	for (size_t len = 0; len <= 256; len++) {
		capture_start(&c, LOG_TEXT);
		log_held_back(len);
		capture_stop(&c);
		ck_assert_ptr_nonnull(
		    strstr(c.text, " held_back=4000000000\n"));
		ck_assert_uint_le(c.len, 2048);
		capture_close(&c);
	}
	capture_start(&c, LOG_JSON);
	for (size_t len = 0; len <= 256; len++)
		log_held_back(len);
	capture_stop(&c);
	check_json(&c, "[x[\"held_back\"] for x in o] == [4000000000] * 257");
	capture_close(&c);
}
END_TEST

START_TEST(lines_below_the_level_are_not_written)
{
	struct capture c;

	capture_start(&c, LOG_TEXT);
	log_debug(LOG_HUB, "quiet", kv_none);
	setup(LOG_ERROR, LOG_TEXT);
	log_warn(LOG_HUB, "quiet", kv_none);
	log_error(LOG_HUB, "loud", kv_none);
	capture_stop(&c);
	ck_assert_uint_eq(lines_of(&c), 1);
	ck_assert(
	    log_is_on(LOG_HUB, LOG_ERROR) && !log_is_on(LOG_HUB, LOG_WARN));
	capture_close(&c);
}
END_TEST

/* A file stands for the journal's socket: it is known by its numbers. */
static void log_to_journal(struct capture *c, uintmax_t other)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev,
	    other + (uintmax_t)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_start();
	log_error(LOG_HUB, "e", kv_none);
	log_warn(LOG_HUB, "w", kv_none);
	log_info(LOG_HUB, "i", kv_none);
	log_debug(LOG_HUB, "d", kv_none);
	(void)unsetenv("JOURNAL_STREAM");
	log_start();
	log_info(LOG_HUB, "elsewhere", kv_none);
	capture_stop(c);
}

START_TEST(lines_for_the_journal_begin_with_their_priority)
{
	static const char *const wanted[] = { "<3>", "<4>", "<6>", "<7>" };
	struct capture c;
	const char *line = c.text;

	capture_start(&c, LOG_TEXT);
	setup(LOG_DEBUG, LOG_TEXT);
	log_to_journal(&c, 0);
	for (int i = 0; i < 4; i++, line = strchr(line, '\n') + 1) {
		ck_assert_int_eq(strncmp(line, wanted[i], 3), 0);
		(void)after_time(line + 3);
	}
	ck_assert_str_eq(after_time(line), "info hub: elsewhere\n");
	capture_close(&c);
}
END_TEST

/* JOURNAL_STREAM is inherited by who was started with another one. */
START_TEST(standard_error_that_is_not_the_journal_gets_no_priority)
{
	struct capture c;

	capture_start(&c, LOG_TEXT);
	log_to_journal(&c, 1);
	ck_assert_ptr_null(strchr(c.text, '<'));
	capture_close(&c);
}
END_TEST

START_TEST(parts_have_levels_of_their_own)
{
	struct capture c;

	capture_start(&c, LOG_TEXT);
	log_set_level(LOG_HUB, LOG_DEBUG);
	log_set_level(LOG_REDIS, LOG_ERROR);
	log_debug(LOG_HUB, "heard", kv_none);
	log_debug(LOG_MAIN, "silent", kv_none);
	log_info(LOG_MAIN, "heard", kv_none);
	log_warn(LOG_REDIS, "silent", kv_none);
	capture_stop(&c);
	ck_assert_uint_eq(lines_of(&c), 2);
	ck_assert_ptr_null(strstr(c.text, "silent"));
	capture_close(&c);
}
END_TEST

static void fill_pipe(int fd)
{
	char junk[4096] = { 0 };
	int flags = fcntl(fd, F_GETFL);

	ck_assert_int_eq(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	while (write(fd, junk, sizeof junk) > 0)
		;
	while (write(fd, junk, 1) > 0)
		;
	ck_assert_int_eq(fcntl(fd, F_SETFL, flags), 0); /* blocks again */
}

/* Blocking here would run into the time-out of the test. */
START_TEST(a_full_pipe_that_nobody_reads_drops_lines_and_counts_them)
{
	uint64_t before = log_dropped();
	struct capture c;
	char text[65536];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	fill_pipe(ends[1]);
	redirect(&c, ends[1]);
	for (int i = 0; i < 5; i++)
		log_info(LOG_HUB, "nobody reads", kv_int("i", i));
	ck_assert_uint_eq(log_dropped() - before, 5);
	ck_assert_int_eq(read(ends[0], text, sizeof text), sizeof text);
	log_info(LOG_HUB, "room again", kv_none);
	restore(&c);
	(void)close(ends[1]);
	ck_assert_int_gt(read(ends[0], text, sizeof text), 0);
	ck_assert_ptr_nonnull(strstr(text, "room again"));
	ck_assert_uint_eq(log_dropped() - before, 5);
	(void)close(ends[0]);
}
END_TEST

START_TEST(a_full_disk_and_a_closed_standard_error_are_counted)
{
	uint64_t before = log_dropped();
	struct capture c;

	redirect(&c, open("/dev/full", O_WRONLY));
	log_info(LOG_HUB, "no space", kv_none);
	ck_assert_uint_eq(log_dropped() - before, 1);
	(void)close(STDERR_FILENO);
	log_info(LOG_HUB, "nowhere", kv_none);
	ck_assert_uint_eq(log_dropped() - before, 2);
	restore(&c);
	(void)close(c.fd);
}
END_TEST

static void *log_some(void *arg)
{
	char text[200];

	memset(text, *(const char *)arg, sizeof text);
	for (int i = 0; i < 10; i++) {
		struct log_site site = { 0 };
		const struct log_kv pairs[] = {
			kv_slice("v", slice_of(text, sizeof text)), kv_end
		};

		log_write(&site, LOG_TLS, LOG_INFO, "e", pairs);
	}
	return NULL;
}

START_TEST(lines_of_several_threads_never_mix)
{
	static const char names[] = "abcd";
	pthread_t threads[4];
	struct capture c;

	capture_start(&c, LOG_TEXT);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, log_some,
				     (void *)(uintptr_t)&names[i]),
		    0);
	for (int i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	capture_stop(&c);
	ck_assert_uint_eq(lines_of(&c), 40);
	for (char *line = strtok(c.text, "\n"); line;
	     line = strtok(NULL, "\n")) {
		const char *value = strstr(after_time(line), "v=") + 2;

		ck_assert_uint_eq(strspn(value, (char[]){ *value, 0 }), 200);
		ck_assert_uint_eq(strlen(value), 200);
	}
	capture_close(&c);
}
END_TEST

UNIT_MAIN("base/log", a_line_is_time_level_component_message_and_pairs,
    a_pair_that_is_none_ends_no_line, a_value_from_outside_cannot_forge_a_line,
    a_long_value_is_cut_and_says_so, a_text_of_our_own_is_shown_whole,
    pairs_that_do_not_fit_are_left_out_whole,
    json_lines_are_valid_whatever_is_in_them,
    a_site_writes_ten_lines_a_second_and_counts_the_rest,
    held_back_is_told_even_on_a_full_line,
    lines_below_the_level_are_not_written,
    a_full_pipe_that_nobody_reads_drops_lines_and_counts_them,
    a_full_disk_and_a_closed_standard_error_are_counted,
    lines_of_several_threads_never_mix, parts_have_levels_of_their_own,
    lines_for_the_journal_begin_with_their_priority,
    standard_error_that_is_not_the_journal_gets_no_priority)
