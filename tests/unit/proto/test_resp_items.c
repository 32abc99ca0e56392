/* resp_items: nested replies, item by item, and what is too long or no RESP. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <string.h>

#include "proto/resp_items.h"
#include "unit.h"

enum { MAX_STRING = 1000 };

static void feed(struct resp_items *r, const char *text)
{
	ck_assert_int_eq(resp_items_feed(r, slice_str(text)), 0);
}

/* Append what an item is, as text: *2 s:abc +:OK n: or ?:1001. */
static void describe(const struct resp_part *part, struct buf *out)
{
	bool has_passed = part->type == RESP_STRING && !part->text.ptr;

	if (part->type == RESP_ARRAY || part->type == RESP_INTEGER ||
	    has_passed) {
		buf_printf(out, "%s%" PRId64 " ",
		    has_passed                   ? "?:"
		    : part->type == RESP_INTEGER ? "i:"
						 : "*",
		    part->number);
		return;
	}
	buf_printf(out, "%c:", "s+-in"[part->type]);
	buf_putn(out, part->text.ptr, part->text.len);
	buf_puts(out, " ");
}

static void read_all(
    const char *input, size_t len, size_t step, struct buf *out)
{
	struct resp_items *r = resp_items_new(MAX_STRING);
	struct resp_part part;
	struct err e = { "" };
	int rc = 0;

	for (size_t at = 0; at < len && rc >= 0; at += step) {
		size_t size = len - at < step ? len - at : step;

		ck_assert_int_eq(
		    resp_items_feed(r, slice_of(input + at, size)), 0);
		while ((rc = resp_items_next(r, &part, &e)) == 1)
			describe(&part, out);
	}
	ck_assert(rc == 0 || rc == -EPROTO);
	if (rc < 0)
		buf_printf(out, "!%s", e.text);
	ck_assert_int_eq(buf_append(out, "", 1), 0);
	resp_items_free(r);
}

static void check_reads(const char *input, size_t len, const char *expected)
{
	for (size_t step = 1; step <= len; step++) {
		struct buf got = { 0 };

		read_all(input, len, step, &got);
		ck_assert_str_eq(got.data, expected);
		buf_fini(&got);
	}
}

static void check(const char *input, const char *expected)
{
	check_reads(input, strlen(input), expected);
}

START_TEST(test_a_reply_of_arrays_in_arrays_comes_item_by_item)
{
	check("*1\r\n*2\r\n$3\r\nkey\r\n*2\r\n"
	      "*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nf\r\n$4\r\n\r\nv\n\r\n"
	      "*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$0\r\n\r\n+OK\r\n",
	    "*1 *2 s:key *2 *2 s:1-0 *2 s:f s:\r\nv\n "
	    "*2 s:1-1 *2 s:f s: +:OK ");
}
END_TEST

START_TEST(test_nulls_errors_and_numbers_may_stand_anywhere)
{
	check("*-1\r\n$-1\r\n_\r\n-ERR no\r\n:-7\r\n*0\r\n"
	      "*4\r\n*-1\r\n$-1\r\n-NOPERM x\r\n:9223372036854775807\r\n",
	    "n: n: n: -:ERR no i:-7 *0 "
	    "*4 n: n: -:NOPERM x i:9223372036854775807 ");
}
END_TEST

START_TEST(test_a_string_of_any_bytes_is_one)
{
	static const char input[] = "$5\r\n\0\r\n*1\r\n+x\r\n";

	struct buf got = { 0 };

	read_all(input, sizeof input - 1, 3, &got);
	ck_assert_int_eq(
	    memcmp(got.data, "s:\0\r\n*1 +:x ", sizeof "s:\0\r\n*1 +:x "), 0);
	buf_fini(&got);
}
END_TEST

/* One of MAX_STRING bytes is had, one of a byte more passes by. */
START_TEST(test_a_string_that_is_too_long_passes_by)
{
	struct buf input = { 0 }, expected = { 0 };

	buf_puts(&input, "*3\r\n$1000\r\n");
	buf_puts(&expected, "*3 s:");
	for (int i = 0; i < MAX_STRING; i++) {
		buf_puts(&input, "x");
		buf_puts(&expected, "x");
	}
	buf_puts(&input, "\r\n$1001\r\n");
	buf_puts(&expected, " ?:1001 ");
	for (int i = 0; i <= MAX_STRING; i++)
		buf_puts(&input, "$");
	buf_puts(&input, "\r\n$1\r\na\r\n");
	buf_puts(&expected, "s:a ");
	ck_assert_int_eq(buf_append(&expected, "", 1), 0);
	check_reads(input.data, input.len, expected.data);
	buf_fini(&input);
	buf_fini(&expected);
}
END_TEST

START_TEST(test_what_is_not_resp_is_refused)
{
	static const struct {
		const char *input, *why;
	} cases[] = {
		{ "hello\r\n", "a type that is not RESP2" },
		{ "HTTP/1.1 400 Bad Request\r\n", "a type that is not RESP2" },
		{ ">3\r\n", "a type that is not RESP2" },
		{ "%1\r\n", "a type that is not RESP2" },
		{ "*-2\r\n", "a length is no length" },
		{ "$-2\r\n", "a length is no length" },
		{ "*2147483648\r\n", "an array has too many items" },
		{ "$4294967296\r\n", "a string is too long" },
		{ "*99999999999999999999\r\n", "a number is none" },
		{ "$99999999999999999999\r\n", "a number is none" },
		{ ":9223372036854775808\r\n", "a number is none" },
		{ ":-9223372036854775809\r\n", "a number is none" },
		{ "$-9223372036854775808\r\n", "a length is no length" },
		{ "$\r\n", "a number is none" },
		{ ":-\r\n", "a number is none" },
		{ ":+1\r\n", "a number is none" },
		{ ":12a\r\n", "a number is none" },
		{ "_x\r\n", "a null has no text" },
		{ "$1\r\nab\r\n\r\n",
		    "a string has another length than announced" },
		{ "$000000000000000000000000000000000000",
		    "a line is too long" },
		{ ":111111111111111111111111111111111111",
		    "a line is too long" },
		{ "*111111111111111111111111111111111111",
		    "a line is too long" },
		{ "_111111111111111111111111111111111111",
		    "a line is too long" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t step = 1; step <= 64; step++) {
			struct buf got = { 0 };

			read_all(
			    cases[i].input, strlen(cases[i].input), step, &got);
			ck_assert_msg(got.data[0] == '!', "%s: %s",
			    cases[i].input, got.data);
			ck_assert_str_eq(got.data + 1, cases[i].why);
			buf_fini(&got);
		}
}
END_TEST

START_TEST(test_the_largest_numbers_are_taken)
{
	check("*2147483647\r\n", "*2147483647 ");
	check("$4294967295\r\n", "?:4294967295 ");
	check(":9223372036854775807\r\n", "i:9223372036854775807 ");
	check(":-9223372036854775808\r\n", "i:-9223372036854775808 ");
}
END_TEST

START_TEST(test_a_line_without_end_is_refused)
{
	struct resp_items *r = resp_items_new(MAX_STRING);
	struct resp_part part;
	struct err e;

	feed(r, "-");
	for (int i = 0; i < RESP_MAX_LINE - 1; i++)
		feed(r, "x");
	feed(r, "\r");
	ck_assert_int_eq(resp_items_next(r, &part, &e), 0);
	feed(r, "x");
	ck_assert_int_eq(resp_items_next(r, &part, &e), -EPROTO);
	ck_assert_str_eq(e.text, "a line is too long");
	resp_items_free(r);
}
END_TEST

enum { HUGE = 1 << 20, HUGE_COUNT = 100 };

/* A hundred of a megabyte: each is there with its last byte, one is held. */
START_TEST(test_of_a_large_reply_one_string_is_held)
{
	static char piece[RESP_FEED_MAX];
	struct resp_items *r = resp_items_new(HUGE);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct resp_part part;
	struct err e;

	memset(piece, 'x', sizeof piece);
	feed(r, "*100\r\n");
	ck_assert_int_eq(resp_items_next(r, &part, &e), 1);
	for (int i = 0; i < HUGE_COUNT; i++) {
		feed(r, "$1048576\r\n");
		for (int at = 0; at < HUGE; at += RESP_FEED_MAX) {
			ck_assert_int_eq(resp_items_next(r, &part, &e), 0);
			ck_assert_int_eq(
			    resp_items_feed(r, slice_of(piece, sizeof piece)),
			    0);
		}
		feed(r, "\r\n");
		ck_assert_int_eq(resp_items_next(r, &part, &e), 1);
		ck_assert_uint_eq(part.text.len, HUGE);
		ck_assert_uint_le(mallinfo2().uordblks + mallinfo2().hblkhd,
		    before + 3 * (size_t)HUGE);
	}
	feed(r, ":1\r\n");
	ck_assert_uint_le(
	    mallinfo2().uordblks + mallinfo2().hblkhd, before + 4096);
	resp_items_free(r);
}
END_TEST

START_TEST(test_what_passes_by_takes_no_memory)
{
	static char piece[RESP_FEED_MAX];
	struct resp_items *r = resp_items_new(MAX_STRING);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct resp_part part;
	struct err e;

	feed(r, "$1048576\r\n");
	ck_assert_int_eq(resp_items_next(r, &part, &e), 1);
	ck_assert_int_eq(part.number, HUGE);
	for (int at = 0; at < HUGE; at += RESP_FEED_MAX) {
		ck_assert_int_eq(
		    resp_items_feed(r, slice_of(piece, sizeof piece)), 0);
		ck_assert_int_eq(resp_items_next(r, &part, &e), 0);
	}
	feed(r, "\r\n:1\r\n");
	ck_assert_int_eq(resp_items_next(r, &part, &e), 1);
	ck_assert_int_eq(part.number, 1);
	ck_assert_uint_le(
	    mallinfo2().uordblks + mallinfo2().hblkhd, before + 4096);
	resp_items_free(r);
}
END_TEST

START_TEST(test_the_end_of_a_whole_is_seen)
{
	static const char *const wholes[] = { ":1\r\n", "$-1\r\n", "*0\r\n",
		"*2\r\n*2\r\n:1\r\n:2\r\n+OK\r\n" };

	for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
		struct resp_items *r = resp_items_new(MAX_STRING);
		struct resp_whole whole;
		struct resp_part part;
		struct err e;

		feed(r, wholes[i]);
		feed(r, ":3\r\n");
		resp_whole_begin(&whole);
		do
			ck_assert_int_eq(resp_items_next(r, &part, &e), 1);
		while (!resp_whole_take(&whole, &part));
		ck_assert_int_eq(resp_items_next(r, &part, &e), 1);
		ck_assert_int_eq(part.number, 3);
		resp_items_free(r);
	}
}
END_TEST

UNIT_MAIN("proto/resp_items",
    test_a_reply_of_arrays_in_arrays_comes_item_by_item,
    test_nulls_errors_and_numbers_may_stand_anywhere,
    test_a_string_of_any_bytes_is_one, test_a_string_that_is_too_long_passes_by,
    test_what_is_not_resp_is_refused, test_the_largest_numbers_are_taken,
    test_a_line_without_end_is_refused,
    test_of_a_large_reply_one_string_is_held,
    test_what_passes_by_takes_no_memory, test_the_end_of_a_whole_is_seen)
