/* http_reply: whole and in pieces, what is understood and what is refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/http.h"
#include "proto/http_reply.h"
#include "unit.h"

enum { MAX_BODY = 1000 };

/*
 * Feed it in pieces of this size, each in memory of its own, and end it when
 * it is not done. What is left over is *rest.
 */
static int feed(
    struct http_reply *r, struct slice text, size_t piece, size_t *rest)
{
	int rc = HTTP_MORE;

	http_reply_init(r, MAX_BODY);
	while (rc == HTTP_MORE && text.len > 0) {
		size_t len = text.len < piece ? text.len : piece, used;
		char *copy = malloc(len);

		memcpy(copy, text.ptr, len);
		rc = http_reply_feed(r, slice_of(copy, len), &used);
		free(copy);
		ck_assert_uint_le(used, len);
		ck_assert(rc != HTTP_MORE || used == len);
		text = slice_after(text, used);
	}
	*rest = text.len;
	return rc == HTTP_MORE ? http_reply_end(r) : rc;
}

static void check_done(const char *text, int status, const char *body,
    bool is_reusable, size_t rest)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 100000 };
	struct http_reply r;
	size_t left;

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		ck_assert_msg(
		    feed(&r, slice_str(text), pieces[i], &left) == HTTP_DONE,
		    "%s: %s", text, r.why);
		ck_assert_int_eq(r.status, status);
		ck_assert(slice_eq(buf_slice(&r.body), slice_str(body)));
		ck_assert(r.is_reusable == is_reusable);
		ck_assert_uint_eq(left, rest);
		http_reply_fini(&r);
	}
}

static void check_bad(struct slice text, int code)
{
	static const size_t pieces[] = { 1, 5, 100000 };
	struct http_reply r;
	size_t left;

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		int rc = feed(&r, text, pieces[i], &left);

		ck_assert_msg(
		    rc == code, "%d: %.*s", rc, (int)text.len, text.ptr);
		ck_assert_ptr_nonnull(r.why);
		http_reply_fini(&r);
	}
}

#define OK      "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

START_TEST(test_a_body_with_a_length)
{
	check_done(OK "Content-Length: 2\r\n\r\n{}", 200, "{}", true, 0);
	check_done(
	    OK "content-length:2 \r\nX: y\r\n\r\n{}", 200, "{}", true, 0);
	check_done(OK "Content-Length: 0\r\n\r\n", 200, "", true, 0);
	check_done(
	    "HTTP/1.1 403\r\nContent-Length: 1\r\n\r\nx", 403, "x", true, 0);
	check_done(
	    "HTTP/1.1 500 \r\nContent-Length: 1\r\n\r\nx", 500, "x", true, 0);
}
END_TEST

START_TEST(test_what_is_behind_is_left_alone)
{
	check_done(
	    OK "Content-Length: 2\r\n\r\n{}" OK, 200, "{}", true, strlen(OK));
	check_done("HTTP/1.1 204 No\r\n\r\nx", 204, "", true, 1);
}
END_TEST

START_TEST(test_chunks_are_put_together)
{
	check_done(OK "Transfer-Encoding: Chunked\r\n\r\n"
		      "3\r\nabc\r\n0a ;x=\"y\"\r\n0123456789\r\n0\r\n\r\n",
	    200, "abc0123456789", true, 0);
	check_done(OK "Transfer-Encoding: chunked\r\n\r\n"
		      "0\r\nA: b\r\nContent-Length: 5\r\n\r\nrest",
	    200, "", true, 4);
}
END_TEST

START_TEST(test_a_body_may_last_until_the_close)
{
	check_done(OK "\r\n{} ", 200, "{} ", false, 0);
	check_done("HTTP/1.0 200 OK\r\n\r\n", 200, "", false, 0);
}
END_TEST

START_TEST(test_whether_the_connection_goes_on)
{
	check_done(OK "Connection: close\r\nContent-Length: 0\r\n\r\n", 200, "",
	    false, 0);
	check_done(OK "Connection: a, CLOSE\r\nContent-Length: 0\r\n\r\n", 200,
	    "", false, 0);
	check_done(
	    "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", false, 0);
	check_done("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n"
		   "Content-Length: 0\r\n\r\n",
	    200, "", true, 0);
	/* A body that must not be there might still come. */
	check_done(
	    "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", 204, "", false, 0);
	check_done("HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", 304,
	    "", false, 0);
}
END_TEST

START_TEST(test_interim_answers_are_passed_over)
{
	check_done("HTTP/1.1 100 Continue\r\n\r\n"
		   "HTTP/1.1 103 Early Hints\r\nLink: x\r\n"
		   "Connection: close\r\nContent-Length: 9\r\n\r\n" OK
		   "Content-Length: 2\r\n\r\n{}",
	    200, "{}", true, 0);
	check_bad(
	    slice_str("HTTP/1.1 101 Switching Protocols\r\n\r\n"), -EPROTO);
}
END_TEST

START_TEST(test_what_could_be_read_in_two_ways_is_refused)
{
	static const char *const heads[] = {
		"Content-Length: 2\r\nContent-Length: 2\r\n",
		"Content-Length: 2\r\nContent-Length: 3\r\n",
		"Content-Length: 2, 2\r\n",
		"Content-Length: +2\r\n",
		"Content-Length: -2\r\n",
		"Content-Length: 0x2\r\n",
		"Content-Length: 2 2\r\n",
		"Content-Length:\r\n",
		"Content-Length: 99999999999999999999\r\n",
		"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding: identity\r\n",
		"Transfer-Encoding : chunked\r\n",
		"X: y\r\n folded\r\n",
		"\tX: y\r\n",
		"no colon\r\n",
		": no name\r\n",
		"X: a\rb\r\n",
		"X: a\x01\r\n",
		"X: y\n",
	};
	char text[256];

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		(void)snprintf(text, sizeof text, OK "%s\r\n{}\r\n", heads[i]);
		check_bad(slice_str(text), -EPROTO);
	}
	check_bad(slice_str("HTTP/1.0 200 OK\r\n"
			    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    -EPROTO);
	check_bad(slice_of(OK "X: \0\r\n\r\n", 24), -EPROTO);
}
END_TEST

START_TEST(test_what_is_not_http_is_refused)
{
	static const char *const texts[] = { "", "\r\n", "hello\r\n",
		"HTTP/1.1\r\n", "HTTP/1.1 \r\n", "HTTP/1.1 20\r\n",
		"HTTP/1.1 2000 OK\r\n", "HTTP/1.1  200 OK\r\n",
		"HTTP/1.1 600 OK\r\n", "HTTP/1.1 000 OK\r\n",
		"HTTP/2.0 200 OK\r\n", "http/1.1 200 OK\r\n",
		"HTTP/1.x 200 OK\r\n", "HTTP/1.1 200 O\x01K\r\n",
		"HTTP/1.1 200 OK\n", "\x16\x03\x01\n", "+PONG\r\n" };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		check_bad(slice_str(texts[i]), -EPROTO);
}
END_TEST

START_TEST(test_malformed_chunks_are_refused)
{
	static const char *const chunks[] = { "\r\n", "x\r\n", "-1\r\n",
		"0x1\r\na\r\n", "1 x\r\na\r\n", "1\na\r\n", "1\r\nab\r\n",
		"1\r\na\n", "000000001\r\na\r\n", "1;\x01\r\na\r\n",
		"0\r\nno colon\r\n\r\n" };
	char text[128];

	for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
		(void)snprintf(text, sizeof text,
		    OK "Transfer-Encoding: chunked\r\n\r\n%s", chunks[i]);
		check_bad(slice_str(text), -EPROTO);
	}
}
END_TEST

START_TEST(test_what_is_cut_short_is_refused)
{
	static const char *const whole[] = {
		OK "Content-Length: 2\r\n\r\n{}",
		OK "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
		for (size_t len = 0; len < strlen(whole[i]); len++)
			check_bad(slice_of(whole[i], len), -EPROTO);
}
END_TEST

/* A head, then a text over and over until it is long. */
static void check_too_large(const char *head, const char *more, int code)
{
	struct buf b = { 0 };

	buf_puts(&b, head);
	while (b.len < 3 * HTTP_REPLY_HEAD_MAX)
		buf_puts(&b, more);
	check_bad(buf_slice(&b), code);
	buf_fini(&b);
}

START_TEST(test_everything_is_bounded)
{
	check_too_large("", "x", -EMSGSIZE);
	check_too_large(OK "X: ", "y", -EMSGSIZE);
	check_too_large(OK, "X: y\r\n", -EMSGSIZE);
	check_too_large("", "HTTP/1.1 103 Early Hints\r\n\r\n", -EMSGSIZE);
	check_too_large(OK "\r\n", "body", -EFBIG);
	check_too_large(OK "Content-Length: 1001\r\n\r\n", "body", -EFBIG);
	check_too_large(
	    OK "Content-Length: 999999999999999999\r\n\r\n", "b", -EFBIG);
	check_too_large(CHUNKED, "1\r\na\r\n", -EFBIG);
	check_too_large(CHUNKED "ffffffff\r\n", "a", -EFBIG);
	check_too_large(CHUNKED "1;", "x", -EMSGSIZE);
	check_too_large(CHUNKED "0\r\n", "X: y\r\n", -EMSGSIZE);
}
END_TEST

START_TEST(test_the_largest_body_fits)
{
	struct buf b = { 0 };
	struct http_reply r;
	size_t left;

	buf_printf(
	    &b, OK "Content-Length: %d\r\n\r\n%0*d", MAX_BODY, MAX_BODY, 1);
	ck_assert_int_eq(feed(&r, buf_slice(&b), 100, &left), HTTP_DONE);
	ck_assert_uint_eq(r.body.len, MAX_BODY);
	http_reply_fini(&r);
	buf_fini(&b);
}
END_TEST

/* An answer to who has asked for a WebSocket; what it came to. */
static int ask_for_websocket(
    struct http_reply *r, const char *text, size_t *used)
{
	http_reply_init(r, MAX_BODY);
	r->may_upgrade = true;
	return http_reply_feed(r, slice_str(text), used);
}

START_TEST(test_an_upgrade_that_was_asked_for)
{
	static const char head[] =
	    "HTTP/1.1 100 Continue\r\nSec-WebSocket-Accept: x\r\n\r\n"
	    "HTTP/1.1 101 Fine\r\nupgrade: WebSocket\r\n"
	    "Connection: keep-alive, Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	struct buf text = { 0 };
	struct http_reply r;
	size_t used;

	buf_printf(&text, "%s\x81\x01x%c", head, '\0');
	ck_assert_int_eq(ask_for_websocket(&r, text.data, &used), HTTP_DONE);
	ck_assert_int_eq(r.status, 101);
	ck_assert_str_eq(r.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	ck_assert_uint_eq(used, sizeof head - 1);
	http_reply_fini(&r);
	buf_fini(&text);
}
END_TEST

static void check_no_upgrade(const char *text, const char *why)
{
	struct http_reply r;
	size_t used;

	ck_assert_int_eq(ask_for_websocket(&r, text, &used), -EPROTO);
	ck_assert_str_eq(r.why, why);
	http_reply_fini(&r);
}

START_TEST(test_an_upgrade_to_something_else)
{
	static const char none[] = "an upgrade to no WebSocket";

	check_no_upgrade("HTTP/1.1 101 x\r\n\r\n", none);
	check_no_upgrade("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", none);
	check_no_upgrade("HTTP/1.1 101 x\r\nUpgrade: h2c\r\n"
			 "Connection: upgrade\r\n\r\n",
	    none);
	check_no_upgrade("HTTP/1.0 101 x\r\nUpgrade: websocket\r\n"
			 "Connection: upgrade\r\n\r\n",
	    none);
	check_no_upgrade("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: a\r\n"
			 "Sec-WebSocket-Accept: b\r\n",
	    "more than one Sec-WebSocket-Accept");
}
END_TEST

static void check_age(const char *fields, int64_t age_s)
{
	struct buf b = { 0 };
	struct http_reply r;
	size_t left;

	buf_printf(&b, OK "%sContent-Length: 0\r\n\r\n", fields);
	ck_assert_int_eq(feed(&r, buf_slice(&b), 3, &left), HTTP_DONE);
	ck_assert_msg(r.max_age_s == age_s, "%s", fields);
	http_reply_fini(&r);
	buf_fini(&b);
}

START_TEST(test_how_long_it_is_good_for)
{
	check_age("", -1);
	check_age("Cache-Control: max-age=300\r\n", 300);
	check_age("cache-control: public, Max-Age=0 , x=1\r\n", 0);
	check_age("Cache-Control: public\r\nCache-Control: max-age=7\r\n", 7);
	check_age("Cache-Control: max-age=5, max-age=6\r\n", 5);
	check_age("Cache-Control: s-max-age=5, no-max-age=6\r\n", -1);
	check_age("Cache-Control: max-age=, max-age=\"5\"\r\n", -1);
	check_age("Cache-Control: max-age=-5\r\n", -1);
	check_age("Cache-Control: max-age=99999999999999999999\r\n", -1);
	check_age("Age: 5\r\nX-Cache-Control: max-age=6\r\n", -1);
}
END_TEST

UNIT_MAIN("proto/http_reply", test_a_body_with_a_length,
    test_what_is_behind_is_left_alone, test_chunks_are_put_together,
    test_a_body_may_last_until_the_close, test_whether_the_connection_goes_on,
    test_interim_answers_are_passed_over,
    test_what_could_be_read_in_two_ways_is_refused,
    test_what_is_not_http_is_refused, test_malformed_chunks_are_refused,
    test_what_is_cut_short_is_refused, test_everything_is_bounded,
    test_the_largest_body_fits, test_an_upgrade_that_was_asked_for,
    test_an_upgrade_to_something_else, test_how_long_it_is_good_for)
