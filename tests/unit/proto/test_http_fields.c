/* http_fields: look-ups in a parsed head. */
#include <stdio.h>

#include "proto/http.h"
#include "proto/http_fields.h"
#include "unit.h"

#define LINE "GET /ws/lobby HTTP/1.1\r\n"

static void parse(struct http_head *head, const char *text, size_t len)
{
	const char *why;

	*head = (struct http_head){ 0 };
	ck_assert_int_eq(http_parse(head, text, len, 8192, &why), HTTP_DONE);
}

static const char list_head[] = LINE "Connection: keep-alive\r\n"
				     "CONNECTION: ,, \tUpGrade ,x\r\n"
				     "Upgrade: websocket/13, h2c\r\n"
				     "Empty:\r\n"
				     "\r\n";

static void parse_list_head(struct http_head *head)
{
	parse(head, list_head, sizeof list_head - 1);
}

START_TEST(headers_are_found_without_regard_to_case)
{
	struct http_head head;
	struct slice value;
	size_t count;

	parse_list_head(&head);
	value = http_header(&head, list_head, "connection", &count);
	ck_assert(slice_eq(value, slice_str("keep-alive")));
	ck_assert_uint_eq(count, 2);
	value = http_header(&head, list_head, "empty", &count);
	ck_assert_ptr_nonnull(value.ptr);
	ck_assert_uint_eq(value.len, 0);
	ck_assert_uint_eq(count, 1);
	value = http_header(&head, list_head, "connectio", &count);
	ck_assert_ptr_null(value.ptr);
	ck_assert_uint_eq(count, 0);
	ck_assert_ptr_null(http_header(&head, list_head, "x", NULL).ptr);
}
END_TEST

START_TEST(tokens_are_whole_elements_of_any_of_the_lists)
{
	struct http_head head;

	parse_list_head(&head);
	ck_assert(http_has_token(&head, list_head, "connection", "upgrade"));
	ck_assert(http_has_token(&head, list_head, "connection", "keep-alive"));
	ck_assert(http_has_token(&head, list_head, "connection", "x"));
	ck_assert(!http_has_token(&head, list_head, "connection", "keep"));
	ck_assert(!http_has_token(&head, list_head, "connection", ""));
	ck_assert(!http_has_token(&head, list_head, "upgrade", "websocket"));
	ck_assert(!http_has_token(&head, list_head, "empty", "x"));
	ck_assert(!http_has_token(&head, list_head, "absent", "x"));
}
END_TEST

/* Letters differ from their other case in one bit; other pairs do too. */
START_TEST(only_letters_have_a_case)
{
	static const char text[] = LINE "a^b: 1\r\nAZ: 2\r\n\r\n";
	struct http_head head;

	parse(&head, text, sizeof text - 1);
	ck_assert_ptr_null(http_header(&head, text, "a~b", NULL).ptr);
	ck_assert_ptr_nonnull(http_header(&head, text, "A^B", NULL).ptr);
	ck_assert_ptr_nonnull(http_header(&head, text, "az", NULL).ptr);
}
END_TEST

static bool accepts_events(const char *values)
{
	struct http_head head;
	char text[512];
	int len = snprintf(text, sizeof text, LINE "%s\r\n", values);

	parse(&head, text, (size_t)len);
	return http_accepts(&head, text, "text/event-stream");
}

START_TEST(a_media_type_is_accepted_by_its_own_name)
{
	ck_assert(accepts_events("Accept: text/event-stream\r\n"));
	ck_assert(accepts_events("ACCEPT: Text/EVENT-stream\r\n"));
	ck_assert(accepts_events("Accept: a/b, text/event-stream ;q=0.5\r\n"));
	ck_assert(accepts_events("Accept: text/event-stream; a=b; q=1\r\n"));
	ck_assert(accepts_events(
	    "Accept: a/b\r\nAccept: text/event-stream;q=0.001\r\n"));
	ck_assert(!accepts_events(""));
	ck_assert(!accepts_events("Accept:\r\n"));
	ck_assert(!accepts_events("Accept: */*\r\n"));
	ck_assert(!accepts_events("Accept: text/*\r\n"));
	ck_assert(!accepts_events("Accept: text/event-streams\r\n"));
	ck_assert(!accepts_events("Accept: a/b;x=text/event-stream\r\n"));
	ck_assert(!accepts_events("X-Accept: text/event-stream\r\n"));
}
END_TEST

START_TEST(the_first_max_age_that_is_a_number_counts)
{
	const struct {
		const char *value;
		int64_t age_s;
	} cases[] = {
		{ "", -1 },
		{ "no-store", -1 },
		{ "public, Max-Age=0 ,x=1", 0 },
		{ "max-age=soon, max-age=2147483647, max-age=1", 2147483647 },
		{ "max-age=2147483648", -1 },
		{ "max-age=", -1 },
		{ "s-maxage=5", -1 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_int_eq(
		    http_max_age_s(slice_str(cases[i].value)), cases[i].age_s);
}
END_TEST

START_TEST(a_weight_of_zero_is_a_no)
{
	ck_assert(!accepts_events("Accept: text/event-stream;q=0\r\n"));
	ck_assert(!accepts_events("Accept: text/event-stream ; Q = 0.000\r\n"));
	ck_assert(!accepts_events("Accept: text/event-stream;a=b;q=0\r\n"));
	ck_assert(accepts_events("Accept: text/event-stream;q=\r\n"));
	ck_assert(accepts_events("Accept: text/event-stream;;\r\n"));
}
END_TEST

UNIT_MAIN("proto/http_fields", headers_are_found_without_regard_to_case,
    tokens_are_whole_elements_of_any_of_the_lists, only_letters_have_a_case,
    a_media_type_is_accepted_by_its_own_name, a_weight_of_zero_is_a_no,
    the_first_max_age_that_is_a_number_counts)
