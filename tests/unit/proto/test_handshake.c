/*
 * handshake: the example of RFC 6455, one mistake at a time against a good
 * request, the choice of a subprotocol, and the answers' bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "corpus.h"
#include "proto/handshake.h"
#include "unit.h"

#define LINE       "GET /chat HTTP/1.1\r\n"
#define HOST       "Host: server.example.com\r\n"
#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION    "Sec-WebSocket-Version: 13\r\n"
#define GOOD       LINE HOST UPGRADE CONNECTION KEY VERSION

static void parse(struct http_head *head, const char *text)
{
	const char *why;

	*head = (struct http_head){ 0 };
	ck_assert_int_eq(
	    http_parse(head, text, strlen(text), 8192, &why), HTTP_DONE);
}

static int check(const char *text, const char **why)
{
	struct http_head head;

	*why = NULL;
	parse(&head, text);
	return handshake_check(&head, text, why);
}

START_TEST(the_example_of_the_rfc_gets_its_answer)
{
	const char *text =
	    GOOD "Sec-WebSocket-Protocol: chat, superchat\r\n\r\n";
	const char *expected =
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	    "Sec-WebSocket-Protocol: chat\r\n"
	    "\r\n";
	char chat[] = "chat";
	char *const listed[] = { chat };
	char out[HANDSHAKE_RESPONSE_MAX];
	struct http_head head;
	struct slice subprotocol;
	const char *why;
	size_t len;

	parse(&head, text);
	ck_assert_int_eq(handshake_check(&head, text, &why), 0);
	subprotocol = handshake_subprotocol(&head, text, listed, 1);
	len = handshake_response(&head, text, subprotocol, 0, out);
	ck_assert(slice_eq(slice_of(out, len), slice_str(expected)));
	len = handshake_response(&head, text, slice_of(NULL, 0), 0, out);
	ck_assert_mem_eq(out + len - 8, "xOo=\r\n\r\n", 8);
}
END_TEST

START_TEST(what_browsers_and_proxies_write_is_accepted)
{
	static const char *const texts[] = {
		GOOD "\r\n",
		LINE "host: [::1]:8080\r\nupgrade: WebSocket\r\n"
		     "connection: keep-alive, upgrade\r\n" KEY VERSION "\r\n",
		LINE HOST "Upgrade: h2c, websocket\r\n"
			  "Connection: close\r\nConnection: x,UPGRADE\r\n"
			  "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
			  "SEC-WEBSOCKET-VERSION: 13\r\n\r\n",
		GOOD "Content-Length: 0\r\nOrigin: null\r\n"
		     "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
		LINE
		"Host: \t example.com:80 \t\r\n" UPGRADE CONNECTION KEY VERSION
		"\r\n",
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *why;
		int status = check(texts[i], &why);

		ck_assert_msg(status == 0, "%s: %d %s", texts[i], status, why);
	}
}
END_TEST

static const struct {
	int status;
	const char *text;
} refused[] = {
	/* versions and methods */
	{ 505, "GET / HTTP/1.0\r\n" HOST UPGRADE CONNECTION KEY VERSION },
	{ 505, "HEAD / HTTP/1.0\r\n" },
	{ 405, "POST /chat HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY VERSION },
	{ 405, "HEAD / HTTP/1.1\r\n" HOST },
	{ 405, "get / HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY VERSION },
	{ 405, "POST / HTTP/1.1\r\nContent-Length: 5\r\n" },
	/* bodies */
	{ 400, GOOD "Content-Length: 5\r\n" },
	{ 400, GOOD "Content-Length: 00\r\n" },
	{ 400, GOOD "Content-Length: +0\r\n" },
	{ 400, GOOD "Content-Length: \r\n" },
	{ 400, GOOD "Content-Length: 0, 0\r\n" },
	{ 400, GOOD "Content-Length: 0\r\nContent-Length: 0\r\n" },
	{ 400, GOOD "Transfer-Encoding: chunked\r\n" },
	{ 400, GOOD "Transfer-Encoding: identity\r\n" },
	{ 400, GOOD "Transfer-Encoding:\r\n" },
	{ 400, GOOD "Content-Length: 0\r\nTransfer-Encoding: xchunked\r\n" },
	{ 400, LINE HOST "Content-Length: 5\r\n" },
	/* hosts */
	{ 400, LINE UPGRADE CONNECTION KEY VERSION },
	{ 400, GOOD HOST },
	{ 400, LINE "Host:\r\n" UPGRADE CONNECTION KEY VERSION },
	{ 400, LINE "Host: a b\r\n" UPGRADE CONNECTION KEY VERSION },
	{ 400, LINE "Host: a\tb\r\n" UPGRADE CONNECTION KEY VERSION },
	{ 400, LINE "Host: a/b\r\n" UPGRADE CONNECTION KEY VERSION },
	{ 400, LINE "Host: u@a\r\n" UPGRADE CONNECTION KEY VERSION },
	{ 400, LINE "Host: \xc3\xa9\r\n" UPGRADE CONNECTION KEY VERSION },
	{ 400, LINE },
	/* no upgrade */
	{ 426, LINE HOST },
	{ 426, LINE HOST CONNECTION KEY VERSION },
	{ 426, LINE HOST UPGRADE KEY VERSION },
	{ 426, LINE HOST "Upgrade: websockets\r\n" CONNECTION KEY VERSION },
	{ 426, LINE HOST "Upgrade: h2c\r\n" CONNECTION KEY VERSION },
	{ 426, LINE HOST UPGRADE "Connection: close\r\n" KEY VERSION },
	{ 426, LINE HOST UPGRADE "Connection: upgraded\r\n" KEY VERSION },
	/* versions */
	{ 426, LINE HOST UPGRADE CONNECTION KEY },
	{ 426,
	    LINE HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 12\r\n" },
	{ 426,
	    LINE HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 013\r\n" },
	{ 426, LINE HOST UPGRADE CONNECTION KEY
	    "Sec-WebSocket-Version: 13, 8\r\n" },
	{ 426, LINE HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version:\r\n" },
	{ 426, GOOD VERSION },
	/* keys */
	{ 400, LINE HOST UPGRADE CONNECTION VERSION },
	{ 400, GOOD KEY },
	{ 400, LINE HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Key:\r\n" },
	{ 400, LINE HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n" },
	{ 400, LINE HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n" },
	{ 400, LINE HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=\r\n" },
	{ 400, LINE HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSEh\r\n" },
	{ 400, LINE HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBs_SBub25jZQ==\r\n" },
	{ 400, LINE HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBs SBub25jZQ==\r\n" },
};

START_TEST(one_mistake_is_refused_with_its_status)
{
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		char text[1024];
		const char *why;
		int status;

		snprintf(text, sizeof text, "%s\r\n", refused[i].text);
		status = check(text, &why);
		ck_assert_msg(status == refused[i].status && why != NULL,
		    "%s: %d", text, status);
		ck_assert_uint_le(strlen(why), 128);
	}
}
END_TEST

/* Blame goes to the method, then to smuggling, then to the upgrade. */
START_TEST(of_several_mistakes_the_gravest_is_told)
{
	const char *why;

	ck_assert_int_eq(check("POST / HTTP/1.1\r\nTransfer-Encoding: x\r\n"
			       "\r\n",
			     &why),
	    405);
	ck_assert_int_eq(
	    check(LINE HOST "Transfer-Encoding: x\r\n\r\n", &why), 400);
	ck_assert_int_eq(
	    check(LINE HOST "Sec-WebSocket-Version: 12\r\n\r\n", &why), 426);
	ck_assert_str_eq(
	    why, "this is a WebSocket endpoint: connect with ws://");
	ck_assert_int_eq(check(LINE HOST UPGRADE CONNECTION "\r\n", &why), 426);
}
END_TEST

START_TEST(the_first_offer_that_is_listed_is_chosen)
{
	static const struct {
		const char *offers, *chosen;
	} rows[] = {
		{ "", "" },
		{ "Sec-WebSocket-Protocol: chat\r\n", "chat" },
		{ "Sec-WebSocket-Protocol: other, v2.chat, chat\r\n",
		    "v2.chat" },
		{ "Sec-WebSocket-Protocol: a\r\nsec-websocket-protocol: chat\r\n",
		    "chat" },
		{ "Sec-WebSocket-Protocol: Chat\r\n", "" },
		{ "Sec-WebSocket-Protocol: chat chat\r\n", "" },
		{ "Sec-WebSocket-Protocol: \"chat\"\r\n", "" },
		{ "Sec-WebSocket-Protocol: ,, ,chat,\r\n", "chat" },
		{ "Sec-WebSocket-Protocol: chatx, xchat\r\n", "" },
		{ "Sec-WebSocket-Protocol: not a token\r\n", "" },
		{ "Sec-WebSocket-Protocol:\r\n", "" },
	};
	char chat[] = "chat", v2[] = "v2.chat", bad[] = "not a token";
	char *const listed[] = { chat, v2, bad };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[1024];
		struct http_head head;
		struct slice chosen;

		snprintf(text, sizeof text, GOOD "%s\r\n", rows[i].offers);
		parse(&head, text);
		chosen = handshake_subprotocol(&head, text, listed, 3);
		ck_assert_msg(slice_eq(chosen, slice_str(rows[i].chosen)), "%s",
		    rows[i].offers);
		ck_assert_uint_eq(
		    handshake_subprotocol(&head, text, listed, 0).len, 0);
	}
}
END_TEST

START_TEST(the_longest_subprotocol_fits_the_answer)
{
	char name[HANDSHAKE_SUBPROTOCOL_MAX + 2];
	char *const listed[] = { name };
	char text[1024];
	char *out = malloc(HANDSHAKE_RESPONSE_MAX);
	struct http_head head;
	struct slice chosen;
	size_t len;

	memset(name, 'p', sizeof name);
	name[HANDSHAKE_SUBPROTOCOL_MAX] = '\0';
	snprintf(
	    text, sizeof text, GOOD "Sec-WebSocket-Protocol: %s\r\n\r\n", name);
	parse(&head, text);
	chosen = handshake_subprotocol(&head, text, listed, 1);
	ck_assert_uint_eq(chosen.len, HANDSHAKE_SUBPROTOCOL_MAX);
	len = handshake_response(&head, text, chosen, 15, out);
	ck_assert_uint_le(len, HANDSHAKE_RESPONSE_MAX);
	ck_assert_mem_eq(
	    out + len - 29, "server_max_window_bits=15\r\n\r\n", 29);
	len = handshake_response(&head, text, chosen, 0, out);
	ck_assert_mem_eq(out + len - 5, "p\r\n\r\n", 5);
	name[HANDSHAKE_SUBPROTOCOL_MAX] = 'p';
	name[HANDSHAKE_SUBPROTOCOL_MAX + 1] = '\0';
	snprintf(
	    text, sizeof text, GOOD "Sec-WebSocket-Protocol: %s\r\n\r\n", name);
	parse(&head, text);
	ck_assert_uint_eq(handshake_subprotocol(&head, text, listed, 1).len, 0);
	free(out);
}
END_TEST

static const char *refusal(int status, const char *why, char *out)
{
	size_t len = handshake_refusal(
	    status, slice_of("", 0), why, out, HANDSHAKE_REFUSAL_MAX);

	ck_assert_uint_lt(len, HANDSHAKE_REFUSAL_MAX);
	ck_assert_uint_eq(strlen(out), len);
	return out;
}

START_TEST(a_refusal_is_a_whole_response)
{
	char out[HANDSHAKE_REFUSAL_MAX];

	ck_assert_str_eq(refusal(404, "no such route", out),
	    "HTTP/1.1 404 Not Found\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: 14\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "no such route\n");
}
END_TEST

START_TEST(a_health_check_is_answered_with_and_without_a_body)
{
	char out[HANDSHAKE_REFUSAL_MAX];
	size_t len = handshake_health(NULL, true, out, sizeof out);

	ck_assert_uint_eq(strlen(out), len);
	ck_assert_str_eq(out, "HTTP/1.1 200 OK\r\n"
			      "Content-Type: text/plain; charset=utf-8\r\n"
			      "Content-Length: 5\r\n"
			      "Cache-Control: no-store\r\n"
			      "Connection: close\r\n"
			      "\r\n"
			      "fine\n");
	len = handshake_health("gone", false, out, sizeof out);
	ck_assert_uint_eq(strlen(out), len);
	ck_assert_str_eq(out, "HTTP/1.1 503 Service Unavailable\r\n"
			      "Content-Type: text/plain; charset=utf-8\r\n"
			      "Content-Length: 5\r\n"
			      "Cache-Control: no-store\r\n"
			      "Connection: close\r\n"
			      "\r\n");
}
END_TEST

START_TEST(a_refusal_carries_the_headers_of_its_status)
{
	static const struct {
		int status;
		const char *line, *header;
	} rows[] = {
		{ 400, "400 Bad Request\r\n", "" },
		{ 401, "401 Unauthorized\r\n", "" },
		{ 403, "403 Forbidden\r\n", "" },
		{ 404, "404 Not Found\r\n", "" },
		{ 405, "405 Method Not Allowed\r\n", "\r\nAllow: GET\r\n" },
		{ 408, "408 Request Timeout\r\n", "" },
		{ 414, "414 URI Too Long\r\n", "" },
		{ 426, "426 Upgrade Required\r\n",
		    "\r\nUpgrade: websocket\r\n"
		    "Sec-WebSocket-Version: 13\r\n" },
		{ 429, "429 Too Many Requests\r\n", "\r\nRetry-After: 5\r\n" },
		{ 431, "431 Request Header Fields Too Large\r\n", "" },
		{ 503, "503 Service Unavailable\r\n",
		    "\r\nRetry-After: 5\r\n" },
		{ 505, "505 HTTP Version Not Supported\r\n", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[HANDSHAKE_REFUSAL_MAX];
		const char *text = refusal(rows[i].status, "x", out);
		const char *connection = strstr(text, "\r\nConnection: ");

		ck_assert_ptr_eq(strstr(text, rows[i].line), text + 9);
		ck_assert_ptr_nonnull(strstr(text, rows[i].header));
		/* RFC 9110, section 7.8: Upgrade is named in Connection. */
		ck_assert_ptr_nonnull(connection);
		ck_assert(slice_starts_with(slice_str(connection + 2),
		    slice_str(rows[i].status == 426
				  ? "Connection: Upgrade, close\r\n"
				  : "Connection: close\r\n")));
		ck_assert_ptr_null(strstr(connection + 2, "\r\nConnection:"));
		ck_assert_int_eq(strstr(text, "Retry-After") != NULL,
		    rows[i].status == 429 || rows[i].status == 503);
		ck_assert_int_eq(
		    strstr(text, "Upgrade:") != NULL, rows[i].status == 426);
	}
}
END_TEST

START_TEST(a_long_why_is_cut_and_still_counted_right)
{
	char why[1000];
	char out[HANDSHAKE_REFUSAL_MAX];

	memset(why, 'w', sizeof why - 1);
	why[sizeof why - 1] = '\0';
	refusal(431, why, out);
	ck_assert_ptr_nonnull(strstr(out, "Content-Length: 129\r\n"));
	ck_assert_uint_eq(strlen(strstr(out, "\r\n\r\n") + 4), 129);
	refusal(426, why, out);
}
END_TEST

START_TEST(mutated_requests_are_judged_and_answered)
{
	static const char good[] =
	    GOOD "Sec-WebSocket-Protocol: a, chat\r\n\r\n";
	static const char alphabet[] = "Aa=,:1 \t/0";
	char chat[] = "chat";
	char *const listed[] = { chat };
	uint64_t seed = 17;
	int accepted = 0, judged = 0;

	for (int i = 0; i < 5000; i++) {
		char *text = exact_copy(slice_of(good, sizeof good - 1));
		struct http_head head = { 0 };
		char out[HANDSHAKE_RESPONSE_MAX];
		const char *why;
		int status;

		for (uint64_t n = rng_below(&seed, 3); n > 0; n--)
			text[rng_below(&seed, sizeof good - 1)] =
			    alphabet[rng_below(&seed, sizeof alphabet - 1)];
		if (http_parse(&head, text, sizeof good - 1, 8192, &why) ==
		    HTTP_DONE) {
			judged++;
			status = handshake_check(&head, text, &why);
			ck_assert(status == 0 || status == 400 ||
				  status == 405 || status == 426 ||
				  status == 505);
			accepted += status == 0;
			if (status == 0)
				(void)handshake_response(&head, text,
				    handshake_subprotocol(
					&head, text, listed, 1),
				    0, out);
		}
		free(text);
	}
	ck_assert_int_gt(accepted, 500); /* or it would show little */
	ck_assert_int_gt(judged - accepted, 500);
}
END_TEST

UNIT_MAIN("proto/handshake", the_example_of_the_rfc_gets_its_answer,
    what_browsers_and_proxies_write_is_accepted,
    one_mistake_is_refused_with_its_status,
    of_several_mistakes_the_gravest_is_told,
    the_first_offer_that_is_listed_is_chosen,
    the_longest_subprotocol_fits_the_answer, a_refusal_is_a_whole_response,
    a_health_check_is_answered_with_and_without_a_body,
    a_refusal_carries_the_headers_of_its_status,
    a_long_why_is_cut_and_still_counted_right,
    mutated_requests_are_judged_and_answered)
