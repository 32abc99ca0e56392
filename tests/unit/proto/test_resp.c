/* resp: values and commands, in any slices, and what is refused. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "proto/resp.h"
#include "proto/resp_write.h"
#include "unit.h"

enum { MAX_STRING = 1000 };

static void feed(struct resp_reader *r, const char *text)
{
	ck_assert_int_eq(resp_feed(r, text, strlen(text)), 0);
}

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

typedef int (*next_fn)(struct resp_reader *, struct resp_value *, struct err *);

/* Read all of the input in slices of step bytes; the result as text. */
static void read_all(
    next_fn next, const char *input, size_t len, size_t step, struct buf *out)
{
	struct resp_reader *r = resp_reader_new(MAX_STRING);
	struct resp_value value;
	struct err e = { "" };
	int rc = 0;

	for (size_t at = 0; at < len && rc >= 0; at += step) {
		size_t part = len - at < step ? len - at : step;

		ck_assert_int_eq(resp_feed(r, input + at, part), 0);
		while ((rc = next(r, &value, &e)) == 1)
			describe(&value, out);
	}
	if (rc < 0)
		buf_printf(out, "!%s", e.text);
	buf_append(out, "", 1) < 0 ? abort() : (void)0;
	resp_reader_free(r);
}

static void check_reads(next_fn next, const char *input, const char *expected)
{
	size_t len = strlen(input);

	for (size_t step = 1; step <= len; step++) {
		struct buf got = { 0 };

		read_all(next, input, len, step, &got);
		ck_assert_str_eq(got.data, expected);
		buf_fini(&got);
	}
}

START_TEST(test_values_arrive_whole_whatever_the_slices)
{
	check_reads(resp_next,
	    "+OK\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n*0\r\n"
	    "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$5\r\na\r\nbc\r\n"
	    "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:7\r\n"
	    "-ERR no\r\n*2\r\n$-1\r\n+fine\r\n",
	    "+:OK;i:;n:;n:;s:;[][s:message,s:ch,s:a\r\nbc]"
	    "[s:subscribe,s:x,i:]-:ERR no;[n:,+:fine]");
}
END_TEST

START_TEST(test_what_is_not_resp_is_refused)
{
	static const char *const cases[] = {
		"hello\r\n",
		"HTTP/1.1 400 Bad Request\r\n",
		"\x16\x03\x01\r\n",
		">3\r\n",
		"%1\r\n",
		"_\r\n",
		",1.5\r\n",
		"#t\r\n",
		"~1\r\n",
		"(12\r\n",
		"=5\r\ntxt:a\r\n",
		"*1\r\n*0\r\n",
		"*1\r\n*1\r\n$1\r\na\r\n",
		"*65\r\n",
		"*2147483647\r\n",
		"*99999999999999999999\r\n",
		"*-2\r\n",
		"*x\r\n",
		":12a\r\n",
		":\r\n",
		"$x\r\n",
		"$-2\r\n",
		"$1\r\nab\r\n\r\n",
		"$1001\r\n",
		"$2147483647\r\n",
		"$9223372036854775807\r\n",
		"$99999999999999999999\r\n",
		"$000000000000000000000000000000000000",
		":111111111111111111111111111111111111",
		"*111111111111111111111111111111111111",
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t step = 1; step <= 64; step++) {
			struct buf got = { 0 };

			read_all(
			    resp_next, cases[i], strlen(cases[i]), step, &got);
			ck_assert_msg(got.data[0] == '!', "<%s> in %zu: %s",
			    cases[i], step, got.data);
			buf_fini(&got);
		}
}
END_TEST

START_TEST(test_a_refusal_says_why)
{
	struct buf got = { 0 };

	read_all(resp_next, "$1001\r\n", 7, 100, &got);
	ck_assert_str_eq(got.data, "!a string is too long");
	buf_fini(&got);
	read_all(resp_next, "*1\r\n*1\r\n", 8, 100, &got);
	ck_assert_str_eq(got.data, "!an array in an array");
	buf_fini(&got);
}
END_TEST

START_TEST(test_a_line_without_end_is_refused)
{
	struct resp_reader *r = resp_reader_new(MAX_STRING);
	struct resp_value value;
	struct err e;
	char part[1024];
	int rc = 0;
	size_t fed = 0;

	memset(part, 'x', sizeof part);
	part[0] = '+';
	while (rc == 0 && fed < 2 * RESP_MAX_LINE) {
		ck_assert_int_eq(resp_feed(r, part, sizeof part), 0);
		fed += sizeof part;
		rc = resp_next(r, &value, &e);
		part[0] = 'x';
	}
	ck_assert_int_eq(rc, -EPROTO);
	ck_assert_uint_le(fed, RESP_MAX_LINE + 2 * sizeof part);
	resp_reader_free(r);
}
END_TEST

START_TEST(test_the_longest_string_is_taken_and_one_byte_more_is_not)
{
	for (size_t len = MAX_STRING; len <= MAX_STRING + 1; len++) {
		struct resp_reader *r = resp_reader_new(MAX_STRING);
		struct resp_value value;
		struct err e;
		char text[MAX_STRING + 32];
		int head = snprintf(text, sizeof text, "$%zu\r\n", len);

		memset(text + head, 'y', len);
		memcpy(text + head + len, "\r\n", 2);
		ck_assert_int_eq(resp_feed(r, text, head + len + 2), 0);
		ck_assert_int_eq(
		    resp_next(r, &value, &e), len == MAX_STRING ? 1 : -EPROTO);
		resp_reader_free(r);
	}
}
END_TEST

START_TEST(test_the_limit_can_be_raised)
{
	struct resp_reader *r = resp_reader_new(2);
	struct resp_value value;
	struct err e;

	feed(r, "$2\r\nab\r\n");
	ck_assert_int_eq(resp_next(r, &value, &e), 1);
	resp_reader_set_max(r, 5);
	feed(r, "$5\r\nabcde\r\n");
	ck_assert_int_eq(resp_next(r, &value, &e), 1);
	feed(r, "$6\r\n");
	ck_assert_int_eq(resp_next(r, &value, &e), -EPROTO);
	ck_assert_int_eq(resp_next(r, &value, &e), -EPROTO);
	ck_assert_int_eq(resp_next_command(r, &value, &e), -EPROTO);
	resp_reader_free(r);
}
END_TEST

/* One message of len payload bytes, fed as a connection would. */
static void pass_message(struct resp_reader *r, size_t len)
{
	struct buf b = { 0 };
	char *payload = xmalloc(len);
	struct resp_value value;
	struct err e;
	int rc = 0;

	memset(payload, 'p', len);
	buf_printf(&b, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%zu\r\n", len);
	buf_putn(&b, payload, len);
	buf_puts(&b, "\r\n*");
	for (size_t at = 0; at < b.len; at += RESP_FEED_MAX) {
		size_t part = b.len - at;

		part = part > RESP_FEED_MAX ? RESP_FEED_MAX : part;
		ck_assert_int_eq(resp_feed(r, b.data + at, part), 0);
		rc = resp_next(r, &value, &e);
	}
	ck_assert_int_eq(rc, 1);
	ck_assert(slice_eq(value.items[2].text, slice_of(payload, len)));
	feed(r, "0\r\n"); /* the '*' behind it was an empty array's */
	ck_assert_int_eq(resp_next(r, &value, &e), 1);
	ck_assert_uint_eq(value.count, 0);
	free(payload);
	buf_fini(&b);
}

START_TEST(test_memory_of_a_huge_message_is_given_back)
{
	struct resp_reader *r = resp_reader_new(64u << 20);
	size_t before, after;

	pass_message(r, 100);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	pass_message(r, 32u << 20);
	pass_message(r, 100);
	pass_message(r, 100);
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	ck_assert_uint_le(after, before + (1u << 20));
	resp_reader_free(r);
}
END_TEST

START_TEST(test_commands_come_as_arrays_or_inline_or_both)
{
	check_reads(resp_next_command,
	    "PING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n\r\n\n  \nset a 'b c'\n"
	    "*0\r\n*-1\r\n*1\r\n$4\r\nQUIT\r\n",
	    "[s:PING][s:ECHO,s:hi][s:set,s:a,s:b c]!a command is an array of "
	    "strings");
}
END_TEST

START_TEST(test_what_is_no_command_is_refused)
{
	check_reads(resp_next_command, "*1\r\n:5\r\n",
	    "!a command is an array of strings");
	check_reads(resp_next_command, "*1\r\n$-1\r\n",
	    "!a command is an array of strings");
	check_reads(
	    resp_next_command, "a 'b\r\n", "!unbalanced quotes in a line");
}
END_TEST

START_TEST(test_many_inline_commands_take_no_memory)
{
	struct resp_reader *r = resp_reader_new(MAX_STRING);
	struct resp_value value;
	struct err e;
	size_t before = mallinfo2().uordblks, count = 0;

	/* Always half a command is left, so the buffer is never empty. */
	feed(r, "PING he");
	for (int i = 0; i < 300000; i++) {
		feed(r, "llo\r\nPING he");
		while (resp_next_command(r, &value, &e) == 1)
			count++;
	}
	ck_assert_uint_eq(count, 300000);
	ck_assert_uint_le(mallinfo2().uordblks, before + (4u << 20));
	resp_reader_free(r);
}
END_TEST

START_TEST(test_a_written_command_is_read_back)
{
	const struct slice arguments[] = { slice_str("PUBLISH"),
		slice_of("a\0b\r\n", 5), slice_of(NULL, 0) };
	struct resp_reader *r = resp_reader_new(MAX_STRING);
	struct resp_value value;
	struct buf b = { 0 };
	struct resp_writer w = { .out = &b };
	struct err e;

	resp_put_command(&w, arguments, 3);
	ck_assert(!w.is_out_of_memory);
	ck_assert_int_eq(resp_feed(r, b.data, b.len), 0);
	ck_assert_int_eq(resp_next_command(r, &value, &e), 1);
	ck_assert_uint_eq(value.count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert(slice_eq(value.items[i].text, arguments[i]));
	buf_fini(&b);
	resp_reader_free(r);
}
END_TEST

UNIT_MAIN("proto/resp", test_values_arrive_whole_whatever_the_slices,
    test_what_is_not_resp_is_refused, test_a_refusal_says_why,
    test_a_line_without_end_is_refused,
    test_the_longest_string_is_taken_and_one_byte_more_is_not,
    test_the_limit_can_be_raised, test_memory_of_a_huge_message_is_given_back,
    test_commands_come_as_arrays_or_inline_or_both,
    test_what_is_no_command_is_refused,
    test_many_inline_commands_take_no_memory,
    test_a_written_command_is_read_back)
