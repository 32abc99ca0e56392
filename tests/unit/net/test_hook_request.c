/* hook_request: that nothing of a client's breaks out of its line. */
#include "conf/url.h"
#include "net/hook_request.h"
#include "unit.h"

static struct url parse(const char *text)
{
	struct url u;
	struct err e;

	ck_assert_msg(url_parse_http(&u, text, &e) == 0, "%s", text);
	return u;
}

static void check_print(
    const char *url, const struct hook_request *rq, const char *expected)
{
	struct url u = parse(url);
	struct buf out = { 0 };

	ck_assert_int_eq(hook_request_print(&u, rq, &out), 0);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, expected);
	buf_fini(&out);
}

/* What goes before the chosen headers and behind them. */
#define BEFORE                     \
	"GET /a HTTP/1.1\r\n"      \
	"Host: app\r\n"            \
	"X-Original-URI: /ws\r\n"  \
	"X-Forwarded-For: ::1\r\n" \
	"X-Connection-Id: id\r\n"
#define AGENT "User-Agent: roomcast/" ROOMCAST_VERSION "\r\n"

static void check_headers(
    const struct hook_header *headers, size_t count, const char *expected)
{
	const struct hook_request rq = { slice_str("/ws"), headers, count,
		slice_str("::1"), slice_str("id") };

	check_print("http://app/a", &rq, expected);
}

START_TEST(test_chosen_headers_follow_what_the_gateway_says)
{
	const struct hook_header headers[] = {
		{ slice_str("cookie"), slice_str("a=1") },
		{ slice_str("cookie"), slice_str("b=\xc3\xa3") },
		{ slice_str("empty"), slice_str("") },
	};

	check_headers(NULL, 0, BEFORE AGENT "\r\n");
	check_headers(headers, 3,
	    BEFORE "cookie: a=1\r\ncookie: b=\xc3\xa3\r\nempty: \r\n" AGENT
		   "\r\n");
}
END_TEST

/* RFC 9110, 5.5: it is one of those that a value may have. */
START_TEST(test_no_control_character_passes_but_the_tab)
{
	for (int c = 0; c < 256; c++) {
		char value[] = { 'a', (char)c, 'b' };
		struct hook_header header = { slice_str("cookie"),
			slice_of(value, sizeof value) };
		struct url u = parse("http://app/a");
		struct buf out = { 0 };
		const struct hook_request rq = { header.value, &header, 1,
			header.value, header.value };
		bool is_control = (c < ' ' && c != '\t') || c == 0x7f;

		ck_assert_int_eq(hook_request_print(&u, &rq, &out), 0);
		ck_assert(is_control == !memmem(out.data, out.len, value, 3));
		buf_putn(&out, "", 1);
		if (is_control)
			ck_assert_str_eq(out.data,
			    "GET /a HTTP/1.1\r\nHost: app\r\n" AGENT "\r\n");
		buf_fini(&out);
	}
}
END_TEST

START_TEST(test_no_line_is_smuggled_in)
{
	const struct hook_header headers[] = {
		{ slice_str("cookie"), slice_str("a\r\nX-Admin: 1") },
		{ slice_str("cookie"), slice_str("a\nX-Admin: 1") },
		{ slice_str("cookie"), slice_str("a\r\n\r\nGET /x HTTP/1.1") },
		{ slice_str("a\r\nb"), slice_str("c") },
		{ slice_str("a: b"), slice_str("c") },
		{ slice_str(""), slice_str("c") },
	};

	check_headers(headers, 6, BEFORE AGENT "\r\n");
}
END_TEST

START_TEST(test_a_client_cannot_speak_for_the_gateway)
{
	static const char *const names[] = { "host", "Host", "connection",
		"Content-Length", "Transfer-Encoding", "transfer_encoding",
		"upgrade", "te", "trailer", "expect", "keep-alive",
		"X-Forwarded-For", "x_forwarded_for", "X-Original-URI",
		"x-connection-id", "X_Connection_ID", "accept-encoding",
		"Sec-WebSocket-Key", "user_agent", "Range" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct hook_header header = { slice_str(names[i]),
			slice_str("forged") };

		check_headers(&header, 1, BEFORE AGENT "\r\n");
	}
}
END_TEST

START_TEST(test_the_host_is_written_as_in_the_url)
{
	const struct hook_request rq = { .uri = slice_str("/"),
		.client_address = slice_str("x"),
		.connection_id = slice_str("y") };

	check_print("http://[::1]:81/", &rq,
	    "GET / HTTP/1.1\r\nHost: [::1]:81\r\nX-Original-URI: /\r\n"
	    "X-Forwarded-For: x\r\nX-Connection-Id: y\r\n" AGENT "\r\n");
}
END_TEST

UNIT_MAIN("net/hook_request", test_chosen_headers_follow_what_the_gateway_says,
    test_no_control_character_passes_but_the_tab, test_no_line_is_smuggled_in,
    test_a_client_cannot_speak_for_the_gateway,
    test_the_host_is_written_as_in_the_url)
