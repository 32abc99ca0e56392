/*
 * token: where it may stand, what is ambiguous, and the subprotocol that
 * answers.
 */
#include <stdio.h>
#include <string.h>

#include "proto/token.h"
#include "unit.h"

#define TOKEN "eyJ-_0.aa.bb"

static char query_token[] = "query.token";
static char query_odd[] = "query.a b";
static char authorization[] = "header.authorization";
static char cookie_token[] = "cookie.token";
static char subprotocol[] = "subprotocol";

static char *const in_query[] = { query_token };
static char *const in_odd_query[] = { query_odd };
static char *const in_header[] = { authorization };
static char *const in_cookie[] = { cookie_token };
static char *const in_subprotocol[] = { subprotocol };
static char *const in_all[] = { authorization, query_token, cookie_token,
	subprotocol };

struct request {
	char bytes[1024];
	struct http_head head;
};

static void parse(struct request *rq, const char *query, const char *headers)
{
	const char *why = "";
	int len = snprintf(rq->bytes, sizeof rq->bytes,
	    "GET /ws%s HTTP/1.1\r\nHost: a\r\n%s\r\n", query, headers);

	rq->head = (struct http_head){ 0 };
	ck_assert_msg(http_parse(&rq->head, rq->bytes, (size_t)len, 2048,
			  &why) == HTTP_DONE,
	    "%s", why);
}

/* With a comma between two. */
static void join(const struct tokens *found, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < found->count; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%.*s",
		    i ? "," : "", (int)found->items[i].len,
		    found->items[i].ptr);
}

/* The tokens or, in brackets, why there is none. */
static void find(const char *query, const char *headers, char *const *sources,
    size_t count, char *out, size_t size)
{
	struct buf scratch = { 0 };
	struct tokens found;
	struct request rq;
	const char *why = "?";
	enum token_result result;

	parse(&rq, query, headers);
	result = token_find(
	    &rq.head, rq.bytes, sources, count, &scratch, &found, &why);
	if (result == TOKEN_FOUND)
		join(&found, out, size);
	else
		(void)snprintf(out, size, "%s",
		    result == TOKEN_ABSENT ? "[absent]" : "[refused]");
	ck_assert((result == TOKEN_FOUND) == !strcmp(why, "?"));
	buf_fini(&scratch);
}

struct row {
	const char *text; /* the query or the headers */
	const char *want;
};

START_TEST(a_token_in_the_query)
{
	static const struct row rows[] = {
		{ "?token=" TOKEN, TOKEN },
		{ "?a=1&token=" TOKEN "&b=2", TOKEN },
		{ "?token=a%2Eb%2ec", "a.b.c" },
		{ "?%74oken=a.b.c", "a.b.c" },
		{ "?token=a+b", "a b" },
		{ "?token=a=b", "a=b" },
		{ "?token=%00", "" },
		{ "", "[absent]" },
		{ "?", "[absent]" },
		{ "?token", "[absent]" },
		{ "?token=", "[absent]" },
		{ "?Token=a", "[absent]" },
		{ "?tokens=a&atoken=b", "[absent]" },
		{ "?token=a&token=b", "[refused]" },
		{ "?token=a&token=a", "[refused]" },
		{ "?token=a&%74oken=b", "[refused]" },
		{ "?token=&token=b", "[refused]" },
		{ "?token=%2", "[refused]" },
		{ "?token=%zz", "[refused]" },
	};
	char got[512];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		find(rows[i].text, "", in_query, 1, got, sizeof got);
		ck_assert_str_eq(got, rows[i].want);
	}
	find("?a%20b=x", "", in_odd_query, 1, got, sizeof got);
	ck_assert_str_eq(got, "x");
}
END_TEST

START_TEST(a_token_in_the_authorization)
{
	static const struct row rows[] = {
		{ "Authorization: Bearer " TOKEN "\r\n", TOKEN },
		{ "AUTHORIZATION: bEARER   " TOKEN " \r\n", TOKEN },
		{ "", "[absent]" },
		{ "Authorization:\r\n", "[absent]" },
		{ "Authorization: Bearer\r\n", "[absent]" },
		{ "Authorization: Bearer \r\n", "[absent]" },
		{ "Authorization: Basic YTpi\r\n", "[absent]" },
		{ "Authorization: BearerX a\r\n", "[absent]" },
		{ "Authorization: Bearer=a\r\n", "[absent]" },
		{ "Authorization: " TOKEN "\r\n", "[absent]" },
		{ "X-Authorization: Bearer a\r\n", "[absent]" },
		{ "Authorization: Bearer a, Bearer b\r\n", "a, Bearer b" },
		{ "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n",
		    "[refused]" },
		{ "Authorization: Basic a\r\nauthorization: Bearer b\r\n",
		    "[refused]" },
	};
	char got[512];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		find("", rows[i].text, in_header, 1, got, sizeof got);
		ck_assert_str_eq(got, rows[i].want);
	}
}
END_TEST

START_TEST(a_token_in_a_cookie)
{
	static const struct row rows[] = {
		{ "Cookie: token=" TOKEN "\r\n", TOKEN },
		{ "Cookie: a=1; token=" TOKEN "; b=2\r\n", TOKEN },
		{ "cookie: a=1\r\nCOOKIE: token=\"" TOKEN "\"\r\n", TOKEN },
		{ "", "[absent]" },
		{ "Cookie: token=\r\n", "[absent]" },
		{ "Cookie: token\r\n", "[absent]" },
		{ "Cookie: Token=a; xtoken=b; tokenx=c\r\n", "[absent]" },
		{ "Cookie: a=token=b\r\n", "[absent]" },
		{ "Cookie: =token=b\r\n", "[absent]" },
		{ "Set-Cookie: token=b\r\n", "[absent]" },
		{ "Cookie: token=a; token=b\r\n", "a,b" },
		{ "Cookie: token=a; token=a\r\n", "a,a" },
		{ "Cookie: token=a\r\nCookie: x=1; token=b\r\n", "a,b" },
		{ "Cookie: token=; token=b\r\n", "b" },
		{ "Cookie: token=a; token=b; token=c; token=d\r\n", "a,b,c,d" },
		{ "Cookie: token=a; token=b; token=c; token=d; token=e\r\n",
		    "[refused]" },
	};
	char got[512];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		find("", rows[i].text, in_cookie, 1, got, sizeof got);
		ck_assert_str_eq(got, rows[i].want);
	}
}
END_TEST

#define OFFER "Sec-WebSocket-Protocol: "

START_TEST(a_token_among_the_subprotocols)
{
	static const struct row rows[] = {
		{ OFFER "roomcast.jwt, " TOKEN "\r\n", TOKEN },
		{ OFFER "chat,roomcast.jwt," TOKEN ",other\r\n", TOKEN },
		{ OFFER "roomcast.jwt\r\n" OFFER TOKEN "\r\n", TOKEN },
		{ OFFER "roomcast.jwt,, ,\r\n" OFFER " ,a\r\n", "a" },
		{ "", "[absent]" },
		{ OFFER "chat, " TOKEN "\r\n", "[absent]" },
		{ OFFER "Roomcast.jwt, " TOKEN "\r\n", "[absent]" },
		{ OFFER TOKEN ", roomcast.jwt\r\n", "[refused]" },
		{ OFFER "roomcast.jwt\r\n", "[refused]" },
		{ OFFER "roomcast.jwt, roomcast.jwt\r\n", "[refused]" },
		{ OFFER "roomcast.jwt, a, roomcast.jwt, b\r\n", "[refused]" },
		{ OFFER "roomcast.jwt, a, roomcast.jwt\r\n", "[refused]" },
	};
	char got[512];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		find("", rows[i].text, in_subprotocol, 1, got, sizeof got);
		ck_assert_str_eq(got, rows[i].want);
	}
}
END_TEST

START_TEST(the_first_source_that_has_one_counts)
{
	static const struct {
		const char *query;
		const char *headers;
		const char *want;
	} rows[] = {
		{ "?token=q", "Authorization: Bearer h\r\nCookie: token=c\r\n",
		    "h" },
		{ "?token=q", "Authorization: Basic h\r\nCookie: token=c\r\n",
		    "q" },
		{ "?token=", "Cookie: token=c\r\n", "c" },
		{ "", "Cookie: token=\r\n" OFFER "roomcast.jwt,s\r\n", "s" },
		{ "?token=q&token=q", "Cookie: token=c\r\n", "[refused]" },
		{ "", "", "[absent]" },
	};
	char got[512];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		find(
		    rows[i].query, rows[i].headers, in_all, 4, got, sizeof got);
		ck_assert_str_eq(got, rows[i].want);
	}
	find("?token=q", "", in_all, 0, got, sizeof got);
	ck_assert_str_eq(got, "[absent]");
}
END_TEST

START_TEST(the_marker_answers_and_never_the_token)
{
	struct request rq;

	parse(&rq, "", OFFER "chat\r\n" OFFER "roomcast.jwt, " TOKEN "\r\n");
	ck_assert(slice_eq(token_subprotocol(&rq.head, rq.bytes),
	    slice_str(TOKEN_SUBPROTOCOL)));
	parse(&rq, "", OFFER "chat, " TOKEN "\r\n");
	ck_assert_uint_eq(token_subprotocol(&rq.head, rq.bytes).len, 0);
	parse(&rq, "", "");
	ck_assert_uint_eq(token_subprotocol(&rq.head, rq.bytes).len, 0);
}
END_TEST

UNIT_MAIN("proto/token", a_token_in_the_query, a_token_in_the_authorization,
    a_token_in_a_cookie, a_token_among_the_subprotocols,
    the_first_source_that_has_one_counts,
    the_marker_answers_and_never_the_token)
