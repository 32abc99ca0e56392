/*
 * decide: each way in which a request is refused before anybody was asked,
 * then who waits: for the app, which is a socket of the test, and for rooms
 * that must be watched first.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/signature.h"
#include "clientrig.h"
#include "conf/mistakes.h"
#include "core/refused.h"
#include "net/auth_files.h"
#include "net/hook.h"
#include "net/hooks.h"
#include "net/jwks.h"
#include "net/keys_wait.h"
#include "proto/jwt.h"
#include "proto/jwt_keys.h"

/* Of the secret in tests/tokens/keys: who it is, which rooms, which permits. */
#define TOKEN "eyJhbGciOiJIUzI1NiJ9."
#define ANN                                                               \
	TOKEN "eyJzdWIiOiJhbm4iLCJyb29tcyI6WyJ4IiwieSJdLCJwZXJtaXQiOlsib" \
	      "2stKiJdfQ.NHifscLuDVXkMO0QusQ2WXcM3uLY38ExHynXJ6GTx-s"
#define NOBODY \
	TOKEN "eyJyb29tcyI6WyJ4Il19.6b4xAx3erubyhqwBjiwViGW790MFlAujdTB7hXVIvFo"
#define NONSENSE \
	TOKEN "eyJzdWIiOnt9fQ.apMFXFq2veIM1Ic87_B--0CAlOwvSPG_Tl7DNVsxXhQ"
#define LATE                                                          \
	TOKEN "eyJzdWIiOiJhbm4iLCJleHAiOjF9.KSEBWw_ZXBOx-cYXHBruBA-I" \
	      "B8fZS7Skh3iAAndLKDE"

static const char yaml[] =
    "listen: [{address: '127.0.0.1:0'}]\n"
    "auth:\n"
    "  people: {type: jwt, algorithms: [HS256], token: [query.token],\n"
    "    secret_file: [tests/tokens/keys/secret.txt]}\n"
    "  app: {type: http, url: 'http://127.0.0.1:%u/who', max_parallel: 1,\n"
    "    headers: [cookie], timeout: 30s}\n"
    "  idp: {type: jwt, algorithms: [EdDSA], token: [query.token],\n"
    "    jwks_url: 'http://127.0.0.1:9/keys'}\n"
    "routes:\n"
    "  - {path: /open, rooms: [a], frames: binary}\n"
    "  - {path: '/room/{room}', rooms: ['{room}']}\n"
    "  - {path: /query, rooms: ['{query.rooms}']}\n"
    "  - {path: /origin, rooms: [a], origins: ['https://example.com']}\n"
    "  - {path: /claim, rooms: ['{claim.rooms}'], auth: people}\n"
    "  - {path: /none, rooms: ['{claim.none}'], auth: people}\n"
    "  - {path: /user, rooms: ['of-{user}'], auth: people}\n"
    "  - {path: '/permit/{room}', rooms: ['{room}'], auth: people,\n"
    "     permit: claim.permit}\n"
    "  - {path: /app, rooms: [a], auth: app}\n"
    "  - {path: /idp, rooms: [a], auth: idp}\n"
    "limits: {rooms_per_connection: 4}\n"
    "delivery: {compression: {}}";

static struct clientrig r;
static int app; /* listens */
static int app_call;

static unsigned listen_as_app(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof to;

	app = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(app, (struct sockaddr *)&to, sizeof to), 0);
	ck_assert_int_eq(listen(app, 8), 0);
	ck_assert_int_eq(getsockname(app, (struct sockaddr *)&to, &len), 0);
	return ntohs(to.sin_port);
}

static void setup(void)
{
	struct mistakes problems = { 0 };
	char text[2048];
	struct err e;

	(void)snprintf(text, sizeof text, yaml, listen_as_app());
	app_call = -1;
	client_init(&r, text, true);
	r.net.files = auth_files_read(r.conf, NULL, &problems);
	ck_assert_ptr_nonnull(r.net.files);
	r.net.hooks = hooks_new(r.fake.worker->base, r.conf, r.net.files, 1,
	    &r.fake.worker->metrics, &e);
	ck_assert_ptr_nonnull(r.net.hooks);
	r.net.keys_wait = keys_wait_new(r.fake.worker->base);
}

static void teardown(void)
{
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&r.fake.worker->slots, &at)))
		conn_kill(c);
	client_end_turn(&r);
	keys_wait_free(r.net.keys_wait);
	hooks_free(r.net.hooks);
	auth_files_unref(r.net.files);
	client_fini(&r);
	(void)close(app);
	if (app_call >= 0)
		(void)close(app_call);
}

static uint64_t counted(enum metric id)
{
	return client_metric(&r, id);
}

static void come(const char *request)
{
	if (r.fd >= 0)
		(void)close(r.fd);
	client_connect(&r);
	client_send(&r, request);
}

/* The HTTP answer that has come, and that it is counted under this reason. */
static void expect_refusal(enum refused why)
{
	char line[32];

	(void)snprintf(line, sizeof line, "HTTP/1.1 %d ", refused_status(why));
	while (client_hear(&r))
		;
	r.heard[r.heard_len] = '\0';
	ck_assert_msg(strncmp(r.heard, line, strlen(line)) == 0, "%s, not %s",
	    r.heard, line);
	ck_assert_uint_eq(counted(refused_metric(why)), 1);
	ck_assert(r.is_over);
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	ck_assert_uint_eq(r.fake.worker->rooms.count, 0);
}

static void expect_session(void)
{
	while (client_hear(&r))
		;
	r.heard[r.heard_len] = '\0';
	ck_assert_int_eq(strncmp(r.heard, "HTTP/1.1 101 ", 13), 0);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	ck_assert_uint_eq(counted(METRIC_UPGRADED), 1);
}

static void expect_nothing(enum conn_state state)
{
	client_expect(&r, slice_str(""));
	ck_assert(!r.is_over);
	ck_assert_int_eq(client_state(&r), state);
}

/* --- nobody needs to be asked --- */

#define TO(target) CLIENT_HEAD(target) "\r\n"

static const struct row {
	const char *request;
	enum refused why;
} rows[] = {
	{ "POST /open HTTP/1.1\r\nHost: x\r\n\r\n", REFUSED_METHOD },
	{ "GET /open HTTP/1.1\r\nHost: x\r\n\r\n", REFUSED_UPGRADE },
	{ "GET /open HTTP/1.0\r\nHost: x\r\n\r\n", REFUSED_VERSION },
	{ "GET /open HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	  "Connection: upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
	    REFUSED_HANDSHAKE },
	{ TO("/%zz"), REFUSED_PATH },
	{ TO("/nowhere"), REFUSED_ROUTE },
	{ CLIENT_HEAD("/open") "Sec-WebSocket-Extensions: ;\r\n\r\n",
	    REFUSED_EXTENSIONS },
	{ CLIENT_HEAD("/origin") "Origin: https://evil.example\r\n\r\n",
	    REFUSED_ORIGIN },
	{ CLIENT_HEAD("/origin") "Origin: https://example.com\r\n"
				 "Origin: https://example.com\r\n\r\n",
	    REFUSED_ORIGIN },
	{ TO("/room/%00"), REFUSED_ROOM_NAME },
	{ TO("/query"), REFUSED_QUERY_MISSING },
	{ TO("/query?rooms=a&rooms=b"), REFUSED_QUERY_TWICE },
	{ TO("/query?rooms=%4"), REFUSED_QUERY_ENCODING },
	{ TO("/query?rooms=a,b,c,d,e"), REFUSED_ROOMS },
	{ TO("/claim"), REFUSED_NO_TOKEN },
	{ TO("/claim?token=" LATE), REFUSED_TOKEN },
	{ TO("/claim?token=" ANN "x"), REFUSED_TOKEN },
	{ TO("/claim?token=" NONSENSE), REFUSED_TOKEN_USER },
	{ TO("/none?token=" ANN), REFUSED_CLAIM },
	{ TO("/user?token=" NOBODY), REFUSED_NO_USER },
	{ TO("/permit/bad?token=" ANN), REFUSED_PERMIT },
	{ TO("/permit/ok-1?token=" NOBODY), REFUSED_PERMIT },
};

START_TEST(a_bad_request_is_refused_for_its_reason)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		atomic_store(
		    &r.fake.worker->metrics.values[refused_metric(rows[i].why)],
		    0);
		come(rows[i].request);
		expect_refusal(rows[i].why);
	}
	ck_assert_uint_eq(counted(METRIC_UPGRADED), 0);
}
END_TEST

START_TEST(nobody_comes_in_during_a_shutdown)
{
	atomic_store(&r.fake.shared.is_draining, true);
	come(TO("/open"));
	expect_refusal(REFUSED_DRAINING);
}
END_TEST

/* --- rooms that must be watched first --- */

static void tell(enum mail_kind kind, const char *room)
{
	struct slice name = slice_str(room);

	fake_mail(&r.fake, kind, fake_notice(&r.fake, name), 0);
	client_end_turn(&r);
}

static bool is_in(const char *room)
{
	struct slice name = slice_str(room);

	return membership_has(r.c, name, worker_hash(r.fake.worker, name));
}

START_TEST(who_is_admitted_waits_until_all_rooms_are_watched)
{
	come(TO("/claim?token=" ANN));
	expect_nothing(CONN_WAITING);
	tell(MAIL_ROOM_WATCHED, "x");
	expect_nothing(CONN_WAITING);
	tell(MAIL_ROOM_WATCHED, "y");
	expect_session();
	ck_assert(is_in("x") && is_in("y"));
	ck_assert(r.c->has_user);
}
END_TEST

START_TEST(a_watched_room_is_not_waited_for)
{
	fake_join(&r.fake, fake_connect(&r.fake, CONN_OPEN), "a");
	tell(MAIL_ROOM_WATCHED, "a");
	come(TO("/open"));
	expect_session();
	ck_assert_uint_eq(r.c->form, message_form(MESSAGE_AS_BINARY, false));
	ck_assert_uint_eq(counted(METRIC_UPGRADED_DEFLATE), 0);
}
END_TEST

START_TEST(deflate_is_agreed_on)
{
	come(CLIENT_HEAD("/room/a") "Sec-WebSocket-Extensions: "
				    "permessage-deflate\r\n\r\n");
	tell(MAIL_ROOM_WATCHED, "a");
	expect_session();
	ck_assert_ptr_nonnull(strstr(r.heard, "permessage-deflate"));
	ck_assert_uint_eq(r.c->form, message_form(MESSAGE_AS_TEXT, true));
	ck_assert_uint_eq(counted(METRIC_UPGRADED_DEFLATE), 1);
}
END_TEST

START_TEST(what_comes_while_it_waits_is_read_afterwards)
{
	static const char request[] = CLIENT_HEAD("/open") "\r\n"
							   "\x89\x80\0\0\0\0";

	client_connect(&r);
	client_write(&r, request, sizeof request - 1);
	client_wake(&r);
	ck_assert_uint_eq(r.c->watched, POLLER_INPUT);
	client_write_frame(&r, 0x89, "later", 5);
	client_wake(&r);
	expect_nothing(CONN_WAITING);
	ck_assert_uint_eq(r.c->watched, POLLER_LEAVING);
	tell(MAIL_ROOM_WATCHED, "a");
	expect_session();
	ck_assert_mem_eq(r.heard + r.heard_len - 2, "\x8a\0", 2);
	r.heard_len = 0;
	ck_assert_uint_eq(r.c->watched, POLLER_INPUT);
	client_wake(&r);
	client_expect(&r, slice_str("\x8a\x05"
				    "later"));
}
END_TEST

static void wait_for_room(void)
{
	come(TO("/open"));
	expect_nothing(CONN_WAITING);
}

START_TEST(a_refused_room_is_a_refusal)
{
	wait_for_room();
	tell(MAIL_ROOM_REFUSED, "a");
	expect_refusal(REFUSED_CHANNEL);
}
END_TEST

START_TEST(it_waits_no_longer_than_its_time)
{
	wait_for_room();
	r.fake.shared.ops->on_due(r.c);
	client_end_turn(&r);
	expect_refusal(REFUSED_BACKEND);
}
END_TEST

START_TEST(nor_into_a_shutdown)
{
	wait_for_room();
	atomic_store(&r.fake.shared.is_draining, true);
	tell(MAIL_ROOM_WATCHED, "a");
	expect_refusal(REFUSED_DRAINING);
}
END_TEST

START_TEST(who_must_go_before_it_is_in_is_told_why)
{
	static const struct {
		enum close_reason reason;
		enum refused why;
	} ends[] = {
		{ CLOSE_SHUTDOWN, REFUSED_DRAINING },
		{ CLOSE_MEMORY, REFUSED_MEMORY },
		{ CLOSE_INTERNAL, REFUSED_MEMORY },
		{ CLOSE_SLOW, REFUSED_BACKEND },
	};

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		atomic_store(
		    &r.fake.worker->metrics.values[refused_metric(ends[i].why)],
		    0);
		wait_for_room();
		r.fake.shared.ops->close(r.c, ends[i].reason, false);
		client_end_turn(&r);
		expect_refusal(ends[i].why);
	}
}
END_TEST

START_TEST(the_app_can_send_it_away)
{
	wait_for_room();
	r.fake.shared.ops->disconnect(r.c, 4000, slice_str("no"));
	client_end_turn(&r);
	expect_refusal(REFUSED_DISCONNECT);
}
END_TEST

START_TEST(who_leaves_meanwhile_is_gone)
{
	wait_for_room();
	client_wake(&r);
	ck_assert_int_eq(client_state(&r), CONN_WAITING);
	client_wake(&r); /* now for its leaving alone */
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_HANDSHAKE_ABANDONED), 1);
	ck_assert_uint_eq(r.fake.worker->rooms.count, 0);
}
END_TEST

/* --- the app is asked --- */

static void turn(void)
{
	const int once = EVLOOP_ONCE | EVLOOP_NONBLOCK;

	ck_assert_int_ge(event_base_loop(r.fake.worker->base, once), 0);
	client_end_turn(&r);
	(void)poll(NULL, 0, 1);
}

/* Whether the app has been called anew. */
static bool is_called(void)
{
	int fd = accept4(app, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	if (app_call >= 0)
		(void)close(app_call);
	app_call = fd;
	return true;
}

/* The question that comes next, on the last connection or a new one. Static. */
static const char *hear_question(void)
{
	static char question[4096];
	ssize_t n;

	while ((n = recv(app_call, question, sizeof question - 1, 0)) <= 0)
		if (!is_called())
			turn();
	question[n] = '\0';
	return question;
}

static void answer(const char *status, const char *body)
{
	ck_assert_int_gt(
	    dprintf(app_call, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
		status, strlen(body), body),
	    0);
	while (client_state(&r) == CONN_ASKING)
		turn();
}

/* It comes, and the app says this about it. */
static void ask(const char *status, const char *body)
{
	come(TO("/app?who"));
	expect_nothing(CONN_ASKING);
	(void)hear_question();
	answer(status, body);
}

START_TEST(the_app_is_told_what_it_asked_for)
{
	const char *question;

	come(CLIENT_HEAD("/app?who=%20me") "Cookie: a=b\r\nX-Other: c\r\n\r\n");
	question = hear_question();
	ck_assert_int_eq(strncmp(question, "GET /who HTTP/1.1\r\n", 19), 0);
	ck_assert_ptr_nonnull(
	    strstr(question, "\r\nX-Original-URI: /app?who=%20me\r\n"));
	ck_assert_ptr_nonnull(strcasestr(question, "\r\ncookie: a=b\r\n"));
	ck_assert_ptr_null(strcasestr(question, "x-other"));
	ck_assert_uint_eq(r.c->watched, POLLER_INPUT);
}
END_TEST

START_TEST(a_yes_gives_rooms_and_a_user)
{
	ask("200 OK", "{\"user\":7,\"rooms\":[\"b\",\"a\"]}");
	expect_nothing(CONN_WAITING);
	tell(MAIL_ROOM_WATCHED, "a");
	tell(MAIL_ROOM_WATCHED, "b");
	expect_session();
	ck_assert_uint_eq(conn_room_count(r.c), 2);
	ck_assert(is_in("a") && is_in("b") && r.c->has_user);
	ck_assert_uint_eq(r.c->expires_s, 0);
}
END_TEST

START_TEST(a_yes_may_have_an_end)
{
	char body[64];
	int64_t end_s = clock_wall_ms() / 1000 + 600;

	(void)snprintf(
	    body, sizeof body, "{\"expires_at\":%lld}", (long long)end_s);
	ask("200 OK", body);
	tell(MAIL_ROOM_WATCHED, "a");
	expect_session();
	ck_assert_uint_eq(r.c->expires_s, end_s);
	ck_assert(!r.c->has_user);
}
END_TEST

START_TEST(what_the_app_says_else_is_a_refusal)
{
	static const struct {
		const char *status, *body;
		enum refused why;
	} answers[] = {
		{ "401 Unauthorized", "", REFUSED_APP_401 },
		{ "403 Forbidden", "", REFUSED_APP_403 },
		{ "500 Oh No", "", REFUSED_HOOK },
		{ "200 OK", "{\"rooms\":7}", REFUSED_HOOK },
		{ "200 OK", "{\"rooms\":[\"b\",\"c\",\"d\",\"e\"]}",
		    REFUSED_HOOK_ROOMS },
	};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		atomic_store(&r.fake.worker->metrics
				  .values[refused_metric(answers[i].why)],
		    0);
		ask(answers[i].status, answers[i].body);
		expect_refusal(answers[i].why);
	}
}
END_TEST

START_TEST(an_end_in_the_past_is_a_no)
{
	ask("200 OK", "{\"expires_at\":1}");
	expect_refusal(REFUSED_APP_401);
}
END_TEST

START_TEST(the_app_has_its_time)
{
	come(TO("/app"));
	(void)hear_question();
	r.fake.shared.ops->on_due(r.c);
	client_end_turn(&r);
	expect_refusal(REFUSED_HOOK_TIMEOUT);
}
END_TEST

START_TEST(who_is_asked_about_hears_of_a_shutdown)
{
	come(TO("/app"));
	(void)hear_question();
	r.fake.shared.ops->close(r.c, CLOSE_SHUTDOWN, true);
	client_end_turn(&r);
	expect_refusal(REFUSED_DRAINING);
}
END_TEST

/* One is asked about, and as many wait as may. */
START_TEST(too_many_questions_are_not_put)
{
	come(TO("/app"));
	(void)hear_question();
	for (int i = 0; i < HOOK_QUEUE_FACTOR; i++) {
		r.fd = -1; /* the last one stays */
		come(TO("/app"));
		expect_nothing(CONN_ASKING);
	}
	come(TO("/app"));
	while (client_hear(&r))
		;
	ck_assert_uint_eq(counted(METRIC_REFUSED_HOOK_QUEUE), 1);
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
}
END_TEST

START_TEST(nobody_is_let_in_who_has_left)
{
	come(TO("/app"));
	(void)hear_question();
	client_wake(&r);
	ck_assert_uint_eq(r.c->watched, POLLER_LEAVING);
	client_wake(&r);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	answer("200 OK", "{}");
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert_uint_eq(counted(METRIC_UPGRADED), 0);
	ck_assert_uint_eq(counted(METRIC_HANDSHAKE_ABANDONED), 1);
}
END_TEST

/* --- a key is looked for --- */

enum { IDP = 2 }; /* among authenticators */

/* Of the key "b", with a signature that is wrong whatever that key is. */
#define OF_KEY_B                                                            \
	"eyJhbGciOiJFZERTQSIsImtpZCI6ImIifQ.e30.AAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct jwt_keys *new_keys(const char *kid)
{
	struct jwt_keys *keys;
	struct err e;
	char text[256];

	(void)snprintf(text, sizeof text,
	    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\","
	    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	    kid);
	ck_assert_int_eq(jwt_keys_read(SIGNATURE_BIT(SIGNATURE_EDDSA),
			     slice_str(text), &keys, &e),
	    0);
	return keys;
}

/* The end of a look, after a while of its own. */
struct look {
	struct jwks *jwks;
	unsigned spins;
};

static void *find_key_b(void *arg)
{
	const struct look *look = arg;
	struct jwt_keys *keys = new_keys("b");

	for (volatile unsigned i = 0; i < look->spins; i++)
		;
	jwks_end(look->jwks, keys, clock_ms());
	return NULL;
}

/* Only "a" is known, and a look is under way that will find "b". */
static void begin_look(struct jwks *j)
{
	int64_t now_ms = clock_ms();

	(void)jwks_want(j, now_ms + JWKS_PAUSE_MS);
	jwks_begin(j);
	jwks_end(j, new_keys("a"), now_ms - 2 * JWKS_PAUSE_MS);
	ck_assert_int_eq(jwks_want(j, now_ms), JWKS_ASKED);
	jwks_begin(j);
}

static void expect_key_b(void)
{
	if (client_state(&r) == CONN_ASKING) {
		conn_kill(r.c);
		client_end_turn(&r);
		return;
	}
	while (client_hear(&r))
		;
	r.heard[r.heard_len] = '\0';
	ck_assert_ptr_nonnull(strstr(r.heard, jwt_verdict_text(JWT_SIGNATURE)));
}

/* Whenever that is, between two steps of the question too. */
START_TEST(a_key_that_comes_meanwhile_is_seen)
{
	struct look look = { auth_files_jwks(r.net.files, IDP), 0 };
	pthread_t thread;

	for (int i = 0; i < 4000; i++) {
		look.spins = (unsigned)(i % 400) * 50;
		begin_look(look.jwks);
		ck_assert_int_eq(
		    pthread_create(&thread, NULL, find_key_b, &look), 0);
		come(TO("/idp?token=" OF_KEY_B));
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
		expect_key_b();
	}
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "net/decide",
    a_bad_request_is_refused_for_its_reason, nobody_comes_in_during_a_shutdown,
    who_is_admitted_waits_until_all_rooms_are_watched,
    a_watched_room_is_not_waited_for, deflate_is_agreed_on,
    what_comes_while_it_waits_is_read_afterwards, a_refused_room_is_a_refusal,
    it_waits_no_longer_than_its_time, nor_into_a_shutdown,
    who_must_go_before_it_is_in_is_told_why,
    who_is_asked_about_hears_of_a_shutdown, the_app_can_send_it_away,
    who_leaves_meanwhile_is_gone, the_app_is_told_what_it_asked_for,
    a_yes_gives_rooms_and_a_user, a_yes_may_have_an_end,
    what_the_app_says_else_is_a_refusal, an_end_in_the_past_is_a_no,
    the_app_has_its_time, too_many_questions_are_not_put,
    nobody_is_let_in_who_has_left, a_key_that_comes_meanwhile_is_seen)
