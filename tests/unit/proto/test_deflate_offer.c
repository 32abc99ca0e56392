/* What clients offer in Sec-WebSocket-Extensions, and what they get. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/deflate_offer.h"
#include "unit.h"

#define BIG "permessage-deflate"

/* Headers of these values, each a header of its own, for a window of ours. */
static int accept(const char *first, const char *second, unsigned window_bits)
{
	static const char name[] = "Sec-WebSocket-Extensions: ";
	struct http_head head = { 0 };
	char text[2048];
	const char *why;
	int len = snprintf(text, sizeof text,
	    "GET / HTTP/1.1\r\nX: y\r\n%s%s\r\nHost: h\r\n%s%s%s\r\n", name,
	    first, second ? "sec-websocket-EXTENSIONS: " : "",
	    second ? second : "", second ? "\r\n" : "");

	ck_assert_int_eq(
	    http_parse(&head, text, (size_t)len, sizeof text, &why), HTTP_DONE);
	return deflate_offer_accept(&head, text, window_bits);
}

struct row {
	const char *value;
	unsigned bits; /* the largest window that is accepted; 0: none */
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned bits = 9; bits <= 15; bits++)
			ck_assert_msg(accept(rows[i].value, NULL, bits) ==
					  (bits <= rows[i].bits),
			    "%s: %u", rows[i].value, bits);
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(what_real_clients_send_is_accepted)
{
	static const struct row rows[] = {
		{ BIG, 15 },
		{ BIG "; client_max_window_bits", 15 },
		{ BIG "; client_max_window_bits=15", 15 },
		{ BIG "; client_max_window_bits; server_max_window_bits=10",
		    10 },
		{ BIG "; server_no_context_takeover; "
		      "client_no_context_takeover",
		    15 },
		{ BIG ";server_max_window_bits=12;client_max_window_bits=8"
		      ";client_no_context_takeover;server_no_context_takeover",
		    12 },
		{ "x-webkit-deflate-frame, " BIG "; client_max_window_bits",
		    15 },
	};

	CHECK(rows);
}
END_TEST

START_TEST(white_space_and_quotes_change_nothing)
{
	static const struct row rows[] = {
		{ BIG " ;\tserver_max_window_bits = 9 ", 9 },
		{ BIG "; server_max_window_bits=\"10\"", 10 },
		{ BIG "; server_max_window_bits= \"10\" ", 10 },
		{ BIG "; server_max_window_bits=\"1\\0\" , other", 10 },
		{ ", ," BIG ",,", 15 },
		{ "foo; a=\"b\"; c, " BIG, 15 },
	};

	CHECK(rows);
}
END_TEST

START_TEST(windows_have_eight_to_fifteen_bits)
{
	char value[128];

	for (int bits = 0; bits < 40; bits++) {
		bool is_window = bits >= 8 && bits <= 15;

		(void)snprintf(value, sizeof value,
		    BIG "; server_max_window_bits=%d", bits);
		ck_assert_int_eq(
		    accept(value, NULL, 9), is_window && bits >= 9);
		(void)snprintf(value, sizeof value,
		    BIG "; client_max_window_bits=%d", bits);
		ck_assert_int_eq(accept(value, NULL, 15), is_window);
	}
}
END_TEST

START_TEST(a_smaller_window_than_ours_is_declined)
{
	ck_assert_int_eq(accept(BIG, NULL, 12), 1);
	for (int bits = 8; bits <= 15; bits++) {
		char value[128];

		(void)snprintf(value, sizeof value,
		    BIG "; server_max_window_bits=%d", bits);
		ck_assert_int_eq(accept(value, NULL, 12), bits >= 12);
	}
	ck_assert_int_eq(accept("none", NULL, 12), 0);
}
END_TEST

START_TEST(an_offer_with_anything_wrong_is_passed_over)
{
	static const struct row rows[] = {
		{ "permessage-bzip2", 0 },
		{ "Permessage-Deflate",
		    0 }, /* tokens of extensions are exact */
		{ BIG "; unknown", 0 },
		{ BIG "; unknown=1", 0 },
		{ BIG "; server_max_window_bits", 0 },
		{ BIG "; server_max_window_bits=09", 0 },
		{ BIG "; server_max_window_bits=+9", 0 },
		{ BIG "; server_max_window_bits=9x", 0 },
		{ BIG "; server_max_window_bits=100", 0 },
		{ BIG "; server_max_window_bits=\"012\"", 0 },
		{ BIG "; client_max_window_bits=x", 0 },
		{ BIG "; client_max_window_bits=010", 0 },
		{ BIG "; server_no_context_takeover=1", 0 },
		{ BIG "; client_no_context_takeover=\"true\"", 0 },
	};

	CHECK(rows);
}
END_TEST

START_TEST(a_parameter_that_is_there_twice_declines_its_offer)
{
	static const char *const params[] = { "server_no_context_takeover",
		"client_no_context_takeover", "client_max_window_bits",
		"client_max_window_bits=10", "server_max_window_bits=10" };
	char value[256];

	for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
		(void)snprintf(
		    value, sizeof value, BIG "; %s; %s", params[i], params[i]);
		ck_assert_int_eq(accept(value, NULL, 15), 0);
	}
}
END_TEST

START_TEST(one_offer_that_can_be_accepted_is_enough)
{
	static const struct row rows[] = {
		{ BIG "; server_max_window_bits=8, " BIG
		      "; server_max_window_bits=11",
		    11 },
		{ BIG "; future=1, " BIG, 15 },
		{ BIG "; server_max_window_bits=10, " BIG, 15 },
		{ BIG ", " BIG "; server_max_window_bits=10", 15 },
		{ BIG "; future=1, " BIG "; server_max_window_bits=9", 9 },
	};

	CHECK(rows);
	ck_assert_int_eq(accept(BIG "; future", BIG, 15), 1);
	ck_assert_int_eq(
	    accept("other", BIG "; server_max_window_bits=9", 9), 1);
	ck_assert_int_eq(
	    accept("other", BIG "; server_max_window_bits=9", 10), 0);
	ck_assert_int_eq(accept(BIG "; server_max_window_bits=9", BIG, 15), 1);
}
END_TEST

START_TEST(what_is_no_list_of_extensions_fails)
{
	static const char *const values[] = { ";", BIG ";", BIG "; ;", BIG "=1",
		BIG "; a=", BIG "; a=,", BIG "; a=\"\"", BIG "; a=\"b",
		BIG "; a=\"b c\"", BIG "; a=\"b\\", BIG " x", BIG "; a b",
		BIG "; a=b=c", "\"" BIG "\"", BIG "/1", BIG "; a=\"b\"c",
		BIG ", " BIG "; =1", BIG "; client_max_window_bits=\" 12\"",
		BIG "; client_max_window_bits=\"12 \"",
		BIG "; client_max_window_bits=\"\t12\"", "other; a=\" b\"" };

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		ck_assert_msg(
		    accept(values[i], NULL, 15) == -EINVAL, "%s", values[i]);
		ck_assert_int_eq(accept(BIG, values[i], 15), -EINVAL);
	}
}
END_TEST

START_TEST(no_header_no_offer)
{
	struct http_head head = { 0 };
	static const char text[] = "GET / HTTP/1.1\r\n\r\n";
	const char *why;

	ck_assert_int_eq(
	    http_parse(&head, text, strlen(text), 100, &why), HTTP_DONE);
	ck_assert_int_eq(deflate_offer_accept(&head, text, 15), 0);
	ck_assert_int_eq(accept("", NULL, 15), 0);
	ck_assert_int_eq(accept(" , ", NULL, 15), 0);
}
END_TEST

START_TEST(the_answer_says_what_we_do)
{
	char out[DEFLATE_ANSWER_MAX];
	size_t len = deflate_offer_answer(12, out);

	ck_assert(slice_eq(
	    slice_of(out, len), slice_str(BIG "; server_no_context_takeover; "
					      "client_no_context_takeover; "
					      "server_max_window_bits=12")));
}
END_TEST

UNIT_MAIN("proto/deflate_offer", what_real_clients_send_is_accepted,
    white_space_and_quotes_change_nothing, windows_have_eight_to_fifteen_bits,
    a_smaller_window_than_ours_is_declined,
    an_offer_with_anything_wrong_is_passed_over,
    a_parameter_that_is_there_twice_declines_its_offer,
    one_offer_that_can_be_accepted_is_enough,
    what_is_no_list_of_extensions_fails, no_header_no_offer,
    the_answer_says_what_we_do)
