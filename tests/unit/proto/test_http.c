/*
 * http: tables of heads, good and bad; the same result however the bytes are
 * cut; limits to the byte.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "corpus.h"
#include "proto/http.h"
#include "unit.h"

enum { MAX = 8192 };

#define LINE "GET /ws/lobby HTTP/1.1\r\n"
#define HOST "Host: example.com\r\n"

static int parse(struct http_head *head, const char *text, size_t len,
    size_t max, const char **why)
{
	*head = (struct http_head){ 0 };
	*why = NULL;
	return http_parse(head, text, len, max, why);
}

/* One byte more at each call, each time in memory that ends right there. */
static int parse_bytewise(struct http_head *head, const char *text, size_t len,
    size_t max, const char **why)
{
	int status = HTTP_MORE;

	*head = (struct http_head){ 0 };
	*why = NULL;
	for (size_t n = 0; n <= len && status == HTTP_MORE; n++) {
		char *copy = exact_copy(slice_of(text, n));

		status = http_parse(head, copy, n, max, why);
		free(copy);
	}
	return status;
}

static bool span_eq(struct http_span a, struct http_span b)
{
	return a.at == b.at && a.len == b.len;
}

static bool head_eq(const struct http_head *a, const struct http_head *b)
{
	for (size_t i = 0; i < a->header_count; i++)
		if (!span_eq(a->headers[i].name, b->headers[i].name) ||
		    !span_eq(a->headers[i].value, b->headers[i].value))
			return false;
	return a->header_count == b->header_count && a->size == b->size &&
	       span_eq(a->method, b->method) && span_eq(a->path, b->path) &&
	       span_eq(a->query, b->query);
}

/* Parse both ways, which must agree, and give the common result. */
static int parse_both(
    const char *text, size_t len, size_t max, const char **why)
{
	char *copy = exact_copy(slice_of(text, len));
	struct http_head whole, bytewise;
	const char *bytewise_why;
	int status = parse(&whole, copy, len, max, why);

	ck_assert_int_eq(
	    parse_bytewise(&bytewise, copy, len, max, &bytewise_why), status);
	ck_assert_ptr_eq(*why, bytewise_why);
	if (status == HTTP_DONE)
		ck_assert(head_eq(&whole, &bytewise));
	if (status >= 400)
		ck_assert_ptr_nonnull(*why);
	free(copy);
	return status;
}

static bool text_eq(const char *bytes, struct http_span span, const char *text)
{
	return slice_eq(http_slice(bytes, span), slice_str(text));
}

START_TEST(http_1_0_is_told_apart)
{
	struct http_head head;
	const char *why;

	ck_assert_int_eq(
	    parse(&head, "GET /a HTTP/1.0\r\n\r\n", 19, 8192, &why), HTTP_DONE);
	ck_assert(head.is_1_0);
	ck_assert_int_eq(
	    parse(&head, "GET /a HTTP/1.1\r\n\r\n", 19, 8192, &why), HTTP_DONE);
	ck_assert(!head.is_1_0);
}
END_TEST

START_TEST(a_request_gives_its_parts)
{
	const char *text = "GET /ws/a%20b?x=1&y=?2 HTTP/1.1\r\n"
			   "Host:example.com\r\n"
			   "Empty:\r\n"
			   "Padded: \t a b\tc \t\r\n"
			   "High: caf\xc3\xa9\r\n"
			   "\r\n"
			   "\x81\x80";
	struct http_head head;
	const char *why;

	ck_assert_int_eq(
	    parse(&head, text, strlen(text), MAX, &why), HTTP_DONE);
	ck_assert_uint_eq(head.size, strlen(text) - 2);
	ck_assert(text_eq(text, head.method, "GET"));
	ck_assert(text_eq(text, head.path, "/ws/a%20b"));
	ck_assert(text_eq(text, head.query, "x=1&y=?2"));
	ck_assert_uint_eq(head.header_count, 4);
	ck_assert(text_eq(text, head.headers[0].name, "Host"));
	ck_assert(text_eq(text, head.headers[0].value, "example.com"));
	ck_assert(text_eq(text, head.headers[1].value, ""));
	ck_assert(text_eq(text, head.headers[2].value, "a b\tc"));
	ck_assert(text_eq(text, head.headers[3].value, "caf\xc3\xa9"));
	ck_assert_int_eq(
	    http_parse(&head, text, strlen(text), MAX, &why), HTTP_DONE);
}
END_TEST

START_TEST(paths_and_queries_are_split_at_the_first_question_mark)
{
	static const struct {
		const char *target, *path, *query;
	} rows[] = { { "/", "/", "" }, { "/?", "/", "" }, { "/a?b", "/a", "b" },
		{ "/a??b?", "/a", "?b?" },
		{ "//a/..;b=%00", "//a/..;b=%00", "" },
		{ "/~!$&'()*+,;=:@\"<>[\\]^`{|}",
		    "/~!$&'()*+,;=:@\"<>[\\]^`{|}", "" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[128];
		struct http_head head;
		const char *why;
		int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n\r\n",
		    rows[i].target);

		ck_assert_int_eq(
		    parse(&head, text, (size_t)len, MAX, &why), HTTP_DONE);
		ck_assert(text_eq(text, head.path, rows[i].path));
		ck_assert(text_eq(text, head.query, rows[i].query));
	}
}
END_TEST

START_TEST(options_of_the_server_are_those_of_its_root)
{
	const char text[] = "OPTIONS * HTTP/1.1\r\n\r\n";
	struct http_head head;
	const char *why;

	ck_assert_int_eq(
	    parse(&head, text, sizeof text - 1, MAX, &why), HTTP_DONE);
	ck_assert(slice_eq(http_path(&head, text), slice_str("/")));
	ck_assert(text_eq(text, head.query, ""));
}
END_TEST

START_TEST(an_absolute_target_gives_its_path)
{
	static const struct {
		const char *target, *path, *query;
	} rows[] = {
		{ "http://example.com/ws/a?b=c", "/ws/a", "b=c" },
		{ "HTTPS://[::1]:8080//x?", "//x", "" },
		{ "http://example.com/", "/", "" },
		{ "http://example.com", "/", "" },
		{ "/http://example.com/ws", "/http://example.com/ws", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[256];
		struct http_head head;
		const char *why;
		int len = snprintf(text, sizeof text,
		    "\r\nGET %s HTTP/1.1\r\n\r\n", rows[i].target);

		ck_assert_int_eq(
		    parse(&head, text, (size_t)len, MAX, &why), HTTP_DONE);
		ck_assert(
		    slice_eq(http_path(&head, text), slice_str(rows[i].path)));
		ck_assert(text_eq(text, head.query, rows[i].query));
	}
}
END_TEST

static const char *const good_heads[] = {
	LINE "\r\n",
	LINE HOST "\r\n",
	"BREW /pot HTTP/1.1\r\n" HOST "\r\n",
	LINE HOST "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
		  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	LINE HOST "AZaz09!#$%&'*+-.^_`|~: ok\r\n\r\nframes behind",
	LINE "Cookie: a=1; b=\"2\"\r\nA:\r\nB: \r\nC:\t\r\n\r\n",
	LINE "Obs-Text: \x80\xff\r\n\r\n",
	LINE "Colons: a:b::c\r\n\r\nGET /second HTTP/1.1\r\n\r\n",
	"\r\n" LINE HOST "\r\n",
	"\r\n\r\n\r\n" LINE HOST "\r\n",
	"GET http://example.com/ws HTTP/1.1\r\n\r\n",
	"GET HTTPS://[::1]:8080 HTTP/1.1\r\n\r\n",
};

static const struct {
	int status;
	const char *text;
} bad_heads[] = {
	/* not HTTP */
	{ 400, "\x16\x03\x01\x02" },
	{ 400, "\n" LINE "\r\n" },
	{ 400, " " LINE "\r\n" },
	{ 400, "\xff" },
	{ 400, "{\"rooms\":1}" },
	{ 400, ":a" },
	/* request lines */
	{ 400, "GET\r\n\r\n" },
	{ 400, "GET /\r\n\r\n" },
	{ 400, "GET HTTP/1.1\r\n\r\n" },
	{ 400, "GET  / HTTP/1.1\r\n\r\n" },
	{ 400, "GET /  HTTP/1.1\r\n\r\n" },
	{ 400, "GET / HTTP/1.1 \r\n\r\n" },
	{ 400, "GET\t/\tHTTP/1.1\r\n\r\n" },
	{ 400, "GET /a b HTTP/1.1\r\n\r\n" },
	{ 400, "G(T / HTTP/1.1\r\n\r\n" },
	{ 400, "GET / http/1.1\r\n\r\n" },
	{ 400, "GET / HTTP/1.10\r\n\r\n" },
	{ 400, "GET / HTTP\r\n\r\n" },
	{ 400, "GET / FTTP/1.1\r\n\r\n" },
	{ 505, "GET / HTTP/0.9\r\n\r\n" },
	{ 505, "GET / HTTP/1.2\r\n\r\n" },
	{ 505, "GET / HTTP/2.0\r\n\r\n" },
	{ 400, "GET / HTTP/1x1\r\n\r\n" },
	{ 400, "GET / HTTP/x.1\r\n\r\n" },
	{ 505, "PRI * HTTP/2.0\r\n\r\n" },
	/* targets */
	{ 400, "GET http:///ws HTTP/1.1\r\n\r\n" },
	{ 400, "GET http:// HTTP/1.1\r\n\r\n" },
	{ 400, "GET http:/a/ws HTTP/1.1\r\n\r\n" },
	{ 400, "GET http://u@example.com/ws HTTP/1.1\r\n\r\n" },
	{ 400, "GET http://example.com?a=1 HTTP/1.1\r\n\r\n" },
	{ 400, "GET http://example.com?a=/b HTTP/1.1\r\n\r\n" },
	{ 400, "GET http://a\\b/ws HTTP/1.1\r\n\r\n" },
	{ 400, "GET http://a/ws#b HTTP/1.1\r\n\r\n" },
	{ 400, "GET ws://example.com/ws HTTP/1.1\r\n\r\n" },
	{ 400, "GET ftp://example.com/ws HTTP/1.1\r\n\r\n" },
	{ 400, "\r\n\n" LINE "\r\n" },
	{ 400, "\r\n " LINE "\r\n" },
	{ 400, "\r" LINE "\r\n" },
	{ 400, "\r\r\n" LINE "\r\n" },
	{ 400, "OPTIONS ** HTTP/1.1\r\n\r\n" },
	{ 400, "GET * HTTP/1.1\r\n\r\n" },
	{ 400, "CONNECT example.com:80 HTTP/1.1\r\n\r\n" },
	{ 400, "GET ws/lobby HTTP/1.1\r\n\r\n" },
	{ 400, "GET /a#b HTTP/1.1\r\n\r\n" },
	{ 400, "GET /caf\xc3\xa9 HTTP/1.1\r\n\r\n" },
	{ 400, "GET /a\x7f HTTP/1.1\r\n\r\n" },
	{ 400, "GET /a\x01 HTTP/1.1\r\n\r\n" },
	{ 400, "GET /a\tb HTTP/1.1\r\n\r\n" },
	{ 400, "GET /\x80 HTTP/1.1\r\n\r\n" },
	/* ends of lines */
	{ 400, "GET / HTTP/1.1\n\n" },
	{ 400, "GET / HTTP/1.1\r\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\rHost: a\r\n\r\n" },
	{ 400, LINE "Host: a\n\r\n" },
	{ 400, LINE HOST "\n" },
	{ 400, LINE HOST "\r\r\n" },
	{ 400, LINE "A: b\rC: d\r\n\r\n" },
	/* headers */
	{ 400, LINE " Folded: first\r\n\r\n" },
	{ 400, LINE "A: b\r\n c\r\n\r\n" },
	{ 400, LINE "A: b\r\n\tc\r\n\r\n" },
	{ 400, LINE "NoColon\r\n\r\n" },
	{ 400, LINE ": empty name\r\n\r\n" },
	{ 400, LINE "Host : a\r\n\r\n" },
	{ 400, LINE "Host\t: a\r\n\r\n" },
	{ 400, LINE "Na me: a\r\n\r\n" },
	{ 400, LINE "N(me): a\r\n\r\n" },
	{ 400, LINE "N\x80me: a\r\n\r\n" },
	{ 400, LINE "A: b\x01\r\n\r\n" },
	{ 400, LINE "A: \x7f\r\n\r\n" },
	{ 400, LINE "A: \x1b[31m\r\n\r\n" },
	{ 400, LINE "\x0b: a\r\n\r\n" },
};

START_TEST(good_heads_are_done_and_the_same_byte_by_byte)
{
	for (size_t i = 0; i < sizeof good_heads / sizeof good_heads[0]; i++) {
		const char *why;
		int status =
		    parse_both(good_heads[i], strlen(good_heads[i]), MAX, &why);

		ck_assert_msg(status == HTTP_DONE, "%s: %d %s", good_heads[i],
		    status, why);
	}
}
END_TEST

START_TEST(bad_heads_are_refused_and_the_same_byte_by_byte)
{
	for (size_t i = 0; i < sizeof bad_heads / sizeof bad_heads[0]; i++) {
		const char *text = bad_heads[i].text;
		const char *why;
		int status = parse_both(text, strlen(text), MAX, &why);

		ck_assert_msg(status == bad_heads[i].status, "%s: %d %s", text,
		    status, why ? why : "");
	}
}
END_TEST

START_TEST(a_nul_byte_is_refused_wherever_it_stands)
{
	static const char text[] = LINE HOST "A: b\r\n\r\n";
	size_t len = sizeof text - 1;

	for (size_t at = 0; at < len; at++) {
		char copy[sizeof text];
		const char *why;

		memcpy(copy, text, sizeof text);
		copy[at] = '\0';
		/* in place of a line feed it leaves the line without end */
		if (parse_both(copy, len, MAX, &why) == HTTP_MORE)
			ck_assert_int_eq(text[at], '\n');
		else
			ck_assert_int_eq(parse_both(copy, len, MAX, &why), 400);
	}
}
END_TEST

START_TEST(a_good_head_cut_anywhere_wants_more)
{
	for (size_t i = 0; i < sizeof good_heads / sizeof good_heads[0]; i++) {
		const char *end = strstr(good_heads[i], "\r\n\r\n");
		size_t size = (size_t)(end + 4 - good_heads[i]);

		for (size_t len = 0; len < size; len++) {
			const char *why;

			ck_assert_int_eq(
			    parse_both(good_heads[i], len, MAX, &why),
			    HTTP_MORE);
		}
	}
}
END_TEST

START_TEST(a_tls_client_is_told_so_at_its_first_byte)
{
	struct http_head head;
	const char *why;

	ck_assert_int_eq(parse(&head, "\x16", 1, MAX, &why), 400);
	ck_assert_str_eq(why, "this looks like TLS; this listener is plain");
}
END_TEST

START_TEST(a_request_line_may_fill_the_limit_but_not_pass_it)
{
	static const char line[] = "GET /0123456789 HTTP/1.1\r\n";
	size_t len = sizeof line - 1;
	const char *why;

	ck_assert_int_eq(parse_both(line, len, len + 1, &why), HTTP_MORE);
	ck_assert_int_eq(parse_both(line, len, len, &why), 431);
	ck_assert_int_eq(parse_both(line, len, len - 1, &why), 414);
	ck_assert_int_eq(parse_both(line, len - 2, len - 2, &why), 414);
}
END_TEST

START_TEST(a_head_may_fill_the_limit_but_not_pass_it)
{
	static const char text[] = LINE HOST "\r\nbehind";
	size_t size = sizeof text - 1 - strlen("behind");
	const char *why;

	ck_assert_int_eq(
	    parse_both(text, sizeof text - 1, size, &why), HTTP_DONE);
	ck_assert_int_eq(
	    parse_both(text, sizeof text - 1, size - 1, &why), 431);
	ck_assert_int_eq(parse_both(text, size - 1, size - 1, &why), 431);
}
END_TEST

/* What is too long is worse only from there on. */
START_TEST(a_mistake_before_the_limit_wins_over_the_limit)
{
	static const char text[] = LINE "A : b\r\nB: 0123456789";
	const char *why;

	ck_assert_int_eq(
	    parse_both(text, sizeof text - 1, sizeof LINE + 12, &why), 400);
}
END_TEST

static size_t make_headers(char *text, int count)
{
	size_t len = strlen(strcpy(text, LINE));

	for (int i = 0; i < count; i++)
		len += (size_t)sprintf(text + len, "H%d: %d\r\n", i, i);
	return len + strlen(strcpy(text + len, "\r\n"));
}

START_TEST(there_may_be_64_headers_and_no_more)
{
	char text[2048];
	struct http_head head;
	const char *why;
	size_t len = make_headers(text, HTTP_MAX_HEADERS);

	ck_assert_int_eq(parse(&head, text, len, MAX, &why), HTTP_DONE);
	ck_assert_uint_eq(head.header_count, 64);
	len = make_headers(text, HTTP_MAX_HEADERS + 1);
	ck_assert_int_eq(parse_both(text, len, MAX, &why), 431);
	ck_assert_str_eq(why, "too many headers");
}
END_TEST

static void mutate(uint64_t *seed, char *text, size_t len)
{
	static const char alphabet[] = "\r\n\r\n :\t\0?#/ HTP1.,\x80";

	for (uint64_t n = 1 + rng_below(seed, 4); n > 0; n--)
		text[rng_below(seed, len)] =
		    alphabet[rng_below(seed, sizeof alphabet)];
}

START_TEST(mutated_heads_give_the_same_result_byte_by_byte)
{
	uint64_t seed = 5;
	int counts[3] = { 0 };

	for (int i = 0; i < 4000; i++) {
		char *text = exact_copy(slice_str(good_heads[i % 8]));
		size_t len = strlen(good_heads[i % 8]);
		const char *why;
		int status;

		mutate(&seed, text, len);
		status =
		    parse_both(text, len, 40 + rng_below(&seed, 200), &why);
		counts[status <= HTTP_DONE ? status : 2]++;
		free(text);
	}
	for (int i = 0; i < 3; i++) /* or it would show little */
		ck_assert_int_gt(counts[i], 30);
}
END_TEST

START_TEST(the_largest_head_has_its_parts_up_to_the_end)
{
	static const char end[] = "\r\nLast: word\r\n\r\n";
	static char text[HTTP_HEAD_MAX];
	struct http_head head;
	const char *why;

	memset(text, 'x', sizeof text);
	memcpy(text, LINE "X: ", strlen(LINE "X: "));
	memcpy(text + sizeof text - strlen(end), end, strlen(end));
	ck_assert_int_eq(
	    parse(&head, text, sizeof text, sizeof text, &why), HTTP_DONE);
	ck_assert_uint_eq(head.header_count, 2);
	ck_assert(text_eq(text, head.headers[1].name, "Last"));
	ck_assert(text_eq(text, head.headers[1].value, "word"));
	ck_assert_uint_eq(head.headers[0].value.len,
	    sizeof text - strlen(LINE "X: ") - strlen(end));
}
END_TEST

UNIT_MAIN("proto/http", http_1_0_is_told_apart, a_request_gives_its_parts,
    paths_and_queries_are_split_at_the_first_question_mark,
    options_of_the_server_are_those_of_its_root,
    an_absolute_target_gives_its_path,
    good_heads_are_done_and_the_same_byte_by_byte,
    bad_heads_are_refused_and_the_same_byte_by_byte,
    a_nul_byte_is_refused_wherever_it_stands,
    a_good_head_cut_anywhere_wants_more,
    a_tls_client_is_told_so_at_its_first_byte,
    a_request_line_may_fill_the_limit_but_not_pass_it,
    a_head_may_fill_the_limit_but_not_pass_it,
    a_mistake_before_the_limit_wins_over_the_limit,
    there_may_be_64_headers_and_no_more,
    the_largest_head_has_its_parts_up_to_the_end,
    mutated_heads_give_the_same_result_byte_by_byte)
