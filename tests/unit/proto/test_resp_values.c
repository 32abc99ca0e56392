/*
 * resp_values beside hiredis' reader: the same values, however the bytes are
 * cut, and the same refusals; and what memory it takes.
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "base/mem.h"
#include "proto/resp.h"
#include "proto/resp_values.h"
#include "unit.h"

enum {
	MAX_STRING = 1000,
	SLACK = 16 * 1024, /* of malloc, and what the test itself has */
};

/* Append what a value is, as text: [s:message,i:] or -:ERR x. */
static void describe(const struct resp_value *value, struct buf *out)
{
	if (value->is_array)
		buf_puts(out, "[");
	for (size_t i = 0; i < value->count; i++) {
		const struct resp_item *item = &value->items[i];

		buf_printf(out, "%s%c:", i ? "," : "", "s+-in"[item->type]);
		if (item->text.len > 0)
			buf_putn(out, item->text.ptr, item->text.len);
	}
	buf_puts(out, value->is_array ? "]" : ";");
}

/* Read the bytes in these parts; what comes of it, as text. */
static void read_parts(const struct slice *parts, size_t count, struct buf *out)
{
	struct resp_values *r = resp_values_new(MAX_STRING);
	struct resp_value value;
	struct err e = { "" };
	int rc = 0;

	for (size_t i = 0; i < count && rc >= 0; i++) {
		ck_assert_int_eq(resp_values_feed(r, parts[i]), 0);
		while ((rc = resp_values_next(r, &value, &e)) == 1)
			describe(&value, out);
	}
	buf_puts(out, rc < 0 ? "!" : "");
	resp_values_free(r);
}

static void read_by_hiredis(
    const struct slice *parts, size_t count, struct buf *out)
{
	struct resp_reader *r = resp_reader_new(MAX_STRING);
	struct resp_value value;
	struct err e = { "" };
	int rc = 0;

	for (size_t i = 0; i < count && rc >= 0; i++) {
		ck_assert_int_eq(resp_feed(r, parts[i].ptr, parts[i].len), 0);
		while ((rc = resp_next(r, &value, &e)) == 1)
			describe(&value, out);
	}
	buf_puts(out, rc < 0 ? "!" : "");
	resp_reader_free(r);
}

static void check_parts(
    const struct slice *parts, size_t count, const char *expected)
{
	struct buf ours = { 0 }, theirs = { 0 };

	read_parts(parts, count, &ours);
	read_by_hiredis(parts, count, &theirs);
	buf_putn(&ours, "", 1);
	buf_putn(&theirs, "", 1);
	ck_assert_str_eq(ours.data, expected);
	ck_assert_str_eq(theirs.data, expected);
	buf_fini(&ours);
	buf_fini(&theirs);
}

/* At once, in steps of each size, and cut at each two places. */
static void check_reads(const char *input, const char *expected)
{
	size_t len = strlen(input);
	struct slice *parts = xcalloc(len, sizeof *parts);

	for (size_t step = 1; step <= len; step++) {
		size_t count = 0;

		for (size_t at = 0; at < len; at += step)
			parts[count++] = slice_of(
			    input + at, len - at < step ? len - at : step);
		check_parts(parts, count, expected);
	}
	for (size_t a = 1; a < len; a++)
		for (size_t b = a + 1; b < len; b++) {
			parts[0] = slice_of(input, a);
			parts[1] = slice_of(input + a, b - a);
			parts[2] = slice_of(input + b, len - b);
			check_parts(parts, 3, expected);
		}
	free(parts);
}

START_TEST(values_arrive_whole_wherever_they_are_cut)
{
	check_reads("+OK\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n*0\r\n"
		    "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$5\r\na\r\nbc\r\n"
		    "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:7\r\n"
		    "-ERR no\r\n*3\r\n$-1\r\n+fine\r\n*-1\r\n",
	    "+:OK;i:;n:;n:;s:;[][s:message,s:ch,s:a\r\nbc]"
	    "[s:subscribe,s:x,i:]-:ERR no;[n:,+:fine,n:]");
}
END_TEST

START_TEST(the_largest_numbers_are_taken)
{
	check_reads(
	    ":9223372036854775807\r\n:-9223372036854775808\r\n", "i:;i:;");
}
END_TEST

START_TEST(what_is_not_resp_is_refused)
{
	static const char *const cases[] = { "hello\r\n", ">3\r\n", "%1\r\n",
		"_\r\n", "#t\r\n", "*1\r\n*0\r\n", "*1\r\n*1\r\n$1\r\na\r\n",
		"*65\r\n", "*2147483647\r\n", "*99999999999999999999\r\n",
		"*-2\r\n", "*x\r\n", "*01\r\n", ":12a\r\n", ":\r\n", ":-\r\n",
		":9223372036854775808\r\n", ":-9223372036854775809\r\n",
		"$-9223372036854775808\r\n", "$x\r\n", "$-2\r\n",
		"$1\r\nab\r\n\r\n", "$1001\r\n", "$2147483647\r\n",
		"$9223372036854775807\r\n", "$99999999999999999999\r\n",
		"$000000000000000000000000000000000000",
		":111111111111111111111111111111111111",
		"*111111111111111111111111111111111111" };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		check_reads(cases[i], "!");
}
END_TEST

static int read_one(struct resp_values *r, const char *text, struct err *e)
{
	struct resp_value value;

	ck_assert_int_eq(resp_values_feed(r, slice_str(text)), 0);
	return resp_values_next(r, &value, e);
}

START_TEST(the_limit_can_be_raised_and_a_refusal_stays)
{
	struct resp_values *r = resp_values_new(2);
	struct err e;

	ck_assert_int_eq(read_one(r, "$2\r\nab\r\n", &e), 1);
	resp_values_set_max(r, 5);
	ck_assert_int_eq(read_one(r, "$5\r\nabcde\r\n", &e), 1);
	ck_assert_int_eq(read_one(r, "$6\r\n", &e), -EPROTO);
	ck_assert_str_eq(e.text, "a string is too long");
	ck_assert_int_eq(read_one(r, "+OK\r\n", &e), -EPROTO);
	resp_values_free(r);
}
END_TEST

START_TEST(the_first_word_of_a_message_has_the_limit_as_well)
{
	for (size_t max = 6; max <= 7; max++) {
		struct resp_values *r = resp_values_new(max);
		struct err e;
		int rc = read_one(
		    r, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n", &e);

		ck_assert_int_eq(rc, max < 7 ? -EPROTO : 1);
		resp_values_free(r);
	}
}
END_TEST

/* The longest line there may be, and one byte more. */
START_TEST(a_line_has_a_bound)
{
	for (size_t more = 0; more <= 1; more++) {
		struct resp_values *r = resp_values_new(MAX_STRING);
		struct resp_value value;
		struct buf line = { 0 };
		struct err e;
		int rc = 0;

		buf_puts(&line, "+");
		for (size_t i = 0; i < RESP_MAX_LINE + more; i++)
			buf_puts(&line, "x");
		buf_puts(&line, "\r\n");
		for (size_t at = 0; at < line.len && rc == 0; at += 1000) {
			size_t part = line.len - at;

			ck_assert_int_eq(
			    resp_values_feed(r, slice_of(line.data + at,
						    part < 1000 ? part : 1000)),
			    0);
			rc = resp_values_next(r, &value, &e);
		}
		ck_assert_int_eq(rc, more ? -EPROTO : 1);
		buf_fini(&line);
		resp_values_free(r);
	}
}
END_TEST

/* --- memory --- */

/* One message of len payload bytes, read as a socket gives it. */
static void pass_message(struct resp_values *r, size_t len)
{
	struct buf b = { 0 };
	char *payload = xmalloc(len);
	struct resp_value value;
	struct err e;
	int rc = 0;

	memset(payload, 'p', len);
	buf_printf(&b, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%zu\r\n", len);
	buf_putn(&b, payload, len);
	buf_puts(&b, "\r\n");
	for (size_t at = 0; at < b.len;) {
		size_t size;
		char *to = resp_values_room(r, &size);

		ck_assert_int_eq(rc, 0);
		ck_assert_ptr_nonnull(to);
		size = size < b.len - at ? size : b.len - at;
		memcpy(to, b.data + at, size);
		resp_values_add(r, size);
		at += size;
		rc = resp_values_next(r, &value, &e);
	}
	ck_assert_int_eq(rc, 1);
	ck_assert(slice_eq(value.items[2].text, slice_of(payload, len)));
	free(payload);
	buf_fini(&b);
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

START_TEST(memory_of_a_huge_message_is_given_back)
{
	struct resp_values *r = resp_values_new(64u << 20);
	size_t before = in_use();

	pass_message(r, 100);
	ck_assert_uint_le(in_use(), before + RESP_VALUES_SPACE + SLACK);
	pass_message(r, 32u << 20);
	pass_message(r, 100);
	ck_assert_uint_le(in_use(), before + RESP_VALUES_SPACE + SLACK);
	resp_values_free(r);
}
END_TEST

START_TEST(an_announced_length_is_believed_up_to_the_limit_only)
{
	struct resp_values *r = resp_values_new(1u << 20);
	size_t before = in_use(), size;
	struct err e;

	ck_assert_int_eq(read_one(r, "$1048576\r\n", &e), 0);
	ck_assert_ptr_nonnull(resp_values_room(r, &size));
	ck_assert_uint_le(in_use(), before + (1u << 20) + SLACK);
	ck_assert_uint_eq(size, (1u << 20) + 2);
	resp_values_free(r);
	r = resp_values_new(1u << 20);
	ck_assert_int_eq(read_one(r, "$1048577\r\n", &e), -EPROTO);
	ck_assert_uint_le(in_use(), before + RESP_VALUES_SPACE + SLACK);
	resp_values_free(r);
}
END_TEST

UNIT_MAIN("proto/resp_values", values_arrive_whole_wherever_they_are_cut,
    the_largest_numbers_are_taken, what_is_not_resp_is_refused,
    the_limit_can_be_raised_and_a_refusal_stays,
    the_first_word_of_a_message_has_the_limit_as_well, a_line_has_a_bound,
    memory_of_a_huge_message_is_given_back,
    an_announced_length_is_believed_up_to_the_limit_only)
