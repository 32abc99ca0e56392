/*
 * refuse_close: on a route with `refuse: close` the upgrade of who is refused
 * completes, and one close frame is all that comes.
 */
#include <stdio.h>

#include "clientrig.h"
#include "conf/mistakes.h"
#include "core/refused.h"
#include "net/auth_files.h"
#include "proto/frame.h"

static const char yaml[] =
    "listen: [{address: '127.0.0.1:0'}]\n"
    "auth:\n"
    "  people: {type: jwt, algorithms: [HS256], token: [subprotocol],\n"
    "    secret_file: [tests/tokens/keys/secret.txt]}\n"
    "routes:\n"
    "  - {path: '/told/{room}', rooms: ['{room}'], refuse: close,\n"
    "     origins: ['https://example.com'], subprotocols: [chat]}\n"
    "  - {path: /user, rooms: [a], refuse: close, auth: people,\n"
    "     transports: [websocket, sse]}\n"
    "  - {path: /stream, rooms: [a], refuse: close, transports: [sse]}\n"
    "  - {path: '/plain/{room}', rooms: ['{room}']}\n"
    "delivery: {compression: {}}";

#define UPGRADED                               \
	"HTTP/1.1 101 Switching Protocols\r\n" \
	"Upgrade: websocket\r\n"               \
	"Connection: Upgrade\r\n"              \
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define END "\r\n\r\n"

enum { LINGER_MS = 2000 };

static struct clientrig r;

static void setup(void)
{
	struct mistakes problems = { 0 };

	client_init(&r, yaml, true);
	r.net.files = auth_files_read(r.conf, NULL, &problems);
	ck_assert_ptr_nonnull(r.net.files);
}

static void teardown(void)
{
	auth_files_unref(r.net.files);
	client_fini(&r);
}

static void come(const char *request)
{
	if (r.fd >= 0)
		(void)close(r.fd);
	client_connect(&r);
	client_send(&r, request);
}

/* This answer, a close frame, and the end of what we say. */
static void expect_told(
    const char *answer, uint16_t code, const char *text, enum refused why)
{
	char bytes[1024];
	size_t len = strlen(answer);

	memcpy(bytes, answer, len);
	len += frame_put_close(
	    code, slice_str(text), (unsigned char *)bytes + len);
	client_expect(&r, slice_of(bytes, len));
	ck_assert(r.is_over);
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	ck_assert_uint_eq(client_metric(&r, refused_metric(why)), 1);
	ck_assert_uint_eq(client_metric(&r, METRIC_UPGRADED), 0);
	ck_assert_uint_eq(r.fake.worker->rooms.count, 0);
}

static void expect_status(int status)
{
	char line[32];

	(void)snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
	while (client_hear(&r))
		;
	ck_assert_mem_eq(r.heard, line, strlen(line));
	ck_assert(r.is_over);
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	r.heard_len = 0;
}

START_TEST(the_reason_is_that_of_the_status)
{
	come(CLIENT_HEAD("/told/a") "Origin: https://evil.example" END);
	expect_told(
	    UPGRADED END, 4403, "the origin is not permitted", REFUSED_ORIGIN);
	come(CLIENT_HEAD("/told/%00") "\r\n");
	expect_told(UPGRADED END, 4400, "a room name that is not allowed",
	    REFUSED_ROOM_NAME);
	come(CLIENT_HEAD("/stream") "\r\n");
	expect_told(UPGRADED END, 4404, refused_text(REFUSED_TRANSPORT),
	    REFUSED_TRANSPORT);
}
END_TEST

START_TEST(what_the_status_says_more_is_said)
{
	come(CLIENT_HEAD(
	    "/user") "Sec-WebSocket-Protocol: roomcast.jwt, a.b.c" END);
	expect_told(UPGRADED "\r\nSec-WebSocket-Protocol: roomcast.jwt" END,
	    4401, "the token is malformed", REFUSED_TOKEN);
}
END_TEST

START_TEST(a_subprotocol_is_answered_and_nothing_is_deflated)
{
	come(CLIENT_HEAD("/told/a") "Origin: https://evil.example\r\n"
				    "Sec-WebSocket-Protocol: x, chat\r\n"
				    "Sec-WebSocket-Extensions: "
				    "permessage-deflate" END);
	expect_told(UPGRADED "\r\nSec-WebSocket-Protocol: chat" END, 4403,
	    "the origin is not permitted", REFUSED_ORIGIN);
}
END_TEST

START_TEST(who_is_refused_before_a_decision_has_its_route)
{
	atomic_store(&r.fake.shared.is_draining, true);
	come(CLIENT_HEAD("/told/a") "\r\n");
	expect_told(UPGRADED END, 4503, "the gateway is shutting down",
	    REFUSED_DRAINING);
	ck_assert_str_eq(r.c->route->path, "/told/{room}");
	come(CLIENT_HEAD("/plain/a") "\r\n");
	expect_status(503);
	ck_assert_ptr_null(r.c->route);
}
END_TEST

START_TEST(who_waits_is_told_the_same_way)
{
	come(CLIENT_HEAD("/told/a") "\r\n");
	ck_assert_int_eq(client_state(&r), CONN_WAITING);
	r.fake.shared.ops->close(r.c, CLOSE_SHUTDOWN, false);
	client_end_turn(&r);
	expect_told(UPGRADED END, 4503, "the gateway is shutting down",
	    REFUSED_DRAINING);
	come(CLIENT_HEAD("/told/a") "\r\n");
	r.fake.shared.ops->disconnect(r.c, 4000, slice_str("no"));
	client_end_turn(&r);
	expect_told(
	    UPGRADED END, 4403, "disconnected by the app", REFUSED_DISCONNECT);
}
END_TEST

START_TEST(what_is_no_handshake_has_a_status)
{
	come("GET /told/a HTTP/1.1\r\nHost: x" END);
	expect_status(426);
	come("POST /told/a HTTP/1.1\r\nHost: x" END);
	expect_status(405);
	come("GET /told/a HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	     "Connection: upgrade\r\nSec-WebSocket-Version: 13" END);
	expect_status(400);
	come(CLIENT_HEAD("/told/a") "Sec-WebSocket-Extensions: ;" END);
	expect_status(400);
	come(CLIENT_HEAD("/told/%zz") "\r\n");
	expect_status(400);
	come(CLIENT_HEAD("/nowhere") "\r\n");
	expect_status(404);
	come(CLIENT_HEAD("/plain/%00") "\r\n");
	expect_status(400);
	come("GET /user HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream" END);
	expect_status(401);
}
END_TEST

START_TEST(a_head_that_is_not_whole_has_a_status)
{
	come("GET /told/a HTTP/1.1\r\nHost: x\r\n");
	r.fake.shared.ops->on_due(r.c);
	client_end_turn(&r);
	expect_status(408);
	come(CLIENT_HEAD("/told/a") "broken" END);
	expect_status(400);
}
END_TEST

START_TEST(nothing_follows_and_it_does_not_stay)
{
	/* A ping behind the head, and later a close frame that lacks an end. */
	come(CLIENT_HEAD("/told/%00") "\r\n"
				      "\x89\x85"
				      "abcdlater");
	expect_told(UPGRADED END, 4400, "a room name that is not allowed",
	    REFUSED_ROOM_NAME);
	client_send(&r, "\x88\x82"
			"ab");
	client_expect(&r, slice_str(""));
	ck_assert_uint_eq(client_metric(&r, METRIC_INBOUND_FRAMES), 0);
	/* It has read the answer: as long again, and no longer. */
	client_pass(&r, 2 * (LINGER_MS + WHEEL_TICK_MS));
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
}
END_TEST

static void end_credentials(const char *path)
{
	come(path);
	r.fake.shared.ops->on_rooms_ready(r.c);
	client_end_turn(&r);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	while (client_hear(&r))
		;
	r.heard_len = 0;
	r.c->expires_s = 1;
	r.fake.shared.ops->on_due(r.c);
	client_end_turn(&r);
}

START_TEST(credentials_that_expire_have_a_code_of_their_own)
{
	end_credentials(CLIENT_HEAD("/told/a") "\r\n");
	client_expect(&r, slice_str("\x88\x09\x11\x31"
				    "expired"));
	ck_assert_uint_eq(client_metric(&r, METRIC_CLOSED_EXPIRED_TOLD), 1);
	end_credentials(CLIENT_HEAD("/plain/a") "\r\n");
	client_expect(&r, slice_str("\x88\x15\x03\xf0"
				    "credentials expired"));
	ck_assert_uint_eq(client_metric(&r, METRIC_CLOSED_EXPIRED), 1);
}
END_TEST

START_TEST(each_reason_fits_into_a_frame)
{
	static const char *const texts[] = {
#define REFUSED(id, status, label, text) text,
#include "core/refused.def"
#undef REFUSED
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_uint_le(strlen(texts[i]), FRAME_REASON_MAX);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "net/refuse_close",
    the_reason_is_that_of_the_status, what_the_status_says_more_is_said,
    a_subprotocol_is_answered_and_nothing_is_deflated,
    who_is_refused_before_a_decision_has_its_route,
    who_waits_is_told_the_same_way, what_is_no_handshake_has_a_status,
    a_head_that_is_not_whole_has_a_status, nothing_follows_and_it_does_not_stay,
    credentials_that_expire_have_a_code_of_their_own,
    each_reason_fits_into_a_frame)
