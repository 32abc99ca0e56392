/* conf_notes: what is allowed but may not be meant, one kind after another. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "conf/conf_load.h"
#include "conf/conf_notes.h"
#include "conf/conf_ref.h"
#include "parsed.h"
#include "unit.h"

/* A route that nothing is to be said about. */
#define ROUTE "routes: [{path: /a, rooms: [a], origins: ['https://a.test']}]\n"

/* The notes of a text, NUL-terminated. */
static struct buf notes_of(const char *text)
{
	struct conf *c = must_parse_as("f", text);
	struct buf out = { 0 };

	conf_notes(c, &out);
	buf_putn(&out, "", 1);
	conf_unref(c);
	return out;
}

static void must_note(const char *text, const char *expected)
{
	struct buf out = notes_of(text);

	ck_assert_str_eq(out.data, expected);
	buf_fini(&out);
}

static struct buf notes_of_paths(const char *const *paths, size_t count)
{
	struct buf text = { 0 }, out;

	buf_puts(&text, "routes:\n");
	for (size_t i = 0; i < count; i++)
		buf_printf(&text,
		    "- {path: '%s', rooms: [a], origins: ['https://a.test']}\n",
		    paths[i]);
	buf_putn(&text, "", 1);
	out = notes_of(text.data);
	buf_fini(&text);
	return out;
}

#define PATHS(...)                                      \
	notes_of_paths((const char *[]){ __VA_ARGS__ }, \
	    sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))

START_TEST(a_plain_configuration_has_no_notes)
{
	must_note(ROUTE, "");
}
END_TEST

START_TEST(a_route_that_is_never_reached)
{
	struct buf out = PATHS("/{a}/{b}", "/ws/{room}", "/x", "/{y}", "/{z}/");

	ck_assert_str_eq(out.data,
	    "f:3:10: routes[1].path: /ws/{room} is never reached: routes[0] "
	    "(/{a}/{b}) stands above and matches the same paths; put it "
	    "below\n");
	buf_fini(&out);
}
END_TEST

START_TEST(a_path_of_another_router)
{
	static const char *const paths[] = { "/p/*", "/ws/:room", "/<id>/x",
		"/a*b" };

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct buf out = PATHS(paths[i]);

		ck_assert_ptr_nonnull(
		    strstr(out.data, "f:2:10: routes[0].path: '"));
		ck_assert_ptr_nonnull(strstr(out.data, "stands for itself"));
		buf_fini(&out);
	}
	for (size_t i = 0; i < 2; i++) {
		struct buf out = PATHS(i ? "/a:b/<c" : "/{x}");

		ck_assert_str_eq(out.data, "");
		buf_fini(&out);
	}
}
END_TEST

START_TEST(an_authenticator_that_guards_nothing)
{
	must_note("auth: {app: {type: http, url: 'http://h/'}}\n" ROUTE,
	    "f:1:8: auth.app: no route names it: it guards nothing\n");
}
END_TEST

START_TEST(everybody_is_trusted)
{
	must_note("listen: [{address: '*:1', trusted: [10.0.0.0/8, "
		  "0.0.0.0/0, '::/0']}]\n" ROUTE,
	    "f:1:49: listen[0].trusted[1]: everybody is trusted to name any "
	    "address as the client's; name the proxies\n"
	    "f:1:60: listen[0].trusted[2]: everybody is trusted to name any "
	    "address as the client's; name the proxies\n");
}
END_TEST

START_TEST(publishers_that_anybody_can_be)
{
	static const char *const open[] = { "'*:1'", "0.0.0.0:1", "'[::]:1'",
		"10.1.2.3:1" };
	static const char *const closed[] = { "127.9.9.9:1", "'[::1]:1'",
		"LOCALHOST:1", "'unix:/a'" };

	for (size_t i = 0; i < 4; i++) {
		char text[256];
		struct buf out;

		(void)snprintf(text, sizeof text,
		    "backend: embedded\nembedded: {listen: %s}\n" ROUTE,
		    open[i]);
		out = notes_of(text);
		ck_assert_ptr_nonnull(strstr(
		    out.data, "f:2:20: embedded.listen: other machines"));
		buf_fini(&out);
		(void)snprintf(text, sizeof text,
		    "backend: embedded\nembedded: {listen: %s}\n" ROUTE,
		    closed[i]);
		must_note(text, "");
	}
}
END_TEST

START_TEST(an_admin_that_anybody_can_be)
{
	must_note("admin: {listen: '*:1'}\n" ROUTE,
	    "f:1:17: admin.listen: other machines reach this port, and "
	    "without admin.token_file each may see who is connected, publish "
	    "and drain\n");
	must_note("admin: {listen: '127.0.0.1:1'}\n" ROUTE, "");
	must_note("admin: {listen: 'unix:/a'}\n" ROUTE, "");
}
END_TEST

START_TEST(keys_of_the_other_backend)
{
	must_note("embedded: {listen: '127.0.0.1:1'}\n" ROUTE,
	    "f:1:1: embedded: counts only with backend: embedded; it is redis "
	    "here\n");
	must_note("backend: embedded\nredis: {heartbeat: 1s}\n" ROUTE,
	    "f:2:1: redis: counts only with backend: redis; it is embedded "
	    "here\n");
	must_note("redis: {heartbeat: 1s}\nembedded:\n" ROUTE, "");
}
END_TEST

#define WITHOUT_MARKS                                              \
	"counts only with backend: redis and a history without a " \
	"stream\n"
#define RESUMING \
	"routes: [{path: /a, rooms: [a], resume: true, origins: ['*']}]\n"

START_TEST(what_counts_where_there_are_marks)
{
	must_note("channels: {mark: m}\n" ROUTE,
	    "f:1:12: channels.mark: " WITHOUT_MARKS);
	must_note("history: {stream: s, warmup: 3s}\n" RESUMING,
	    "f:1:22: history.warmup: " WITHOUT_MARKS);
	must_note("backend: embedded\nhistory: {warmup: 3s}\n" RESUMING,
	    "f:2:11: history.warmup: " WITHOUT_MARKS);
	must_note("channels: {mark: m}\nhistory: {warmup: 3s}\n" RESUMING, "");
}
END_TEST

/* A WebSocket any page may open, of an event stream it can read nothing. */
START_TEST(an_event_stream_without_origins)
{
	static const char closed[] =
	    "f:1:10: routes[0]: /a has no origins: a page of another origin "
	    "cannot read its event streams\n";
	static const char open[] =
	    "f:1:10: routes[0]: /a has auth none and has no origins: a "
	    "browser from any site may connect\n";
	struct buf both = { 0 };

	must_note(
	    "routes: [{path: /a, rooms: [a], transports: [sse]}]\n", closed);
	buf_puts(&both, open);
	buf_putn(&both, closed, sizeof closed);
	must_note("routes: [{path: /a, rooms: [a], "
		  "transports: [websocket, sse]}]\n",
	    both.data);
	buf_fini(&both);
}
END_TEST

START_TEST(a_payload_that_all_queues_have_no_room_for)
{
	must_note("limits: {payload: 1MiB}\n"
		  "delivery: {memory: 2047KiB}\n" ROUTE,
	    "f:2:20: delivery.memory: delivery.memory is below twice "
	    "limits.payload: one large message may end clients that read as "
	    "fast as they can\n");
	must_note("limits: {payload: 1MiB}\n"
		  "delivery: {memory: 2MiB}\n" ROUTE,
	    "");
}
END_TEST

/* Text and events, and text with an id and without. */
START_TEST(a_history_with_room_for_few_messages)
{
	must_note("history: {memory: 3MiB}\nlimits: {payload: 256KiB}\n"
		  "routes: [{path: /a, rooms: [a], history: 5, "
		  "origins: ['*']}]\n",
	    "");
	must_note("history: {memory: 3MiB}\nlimits: {payload: 256KiB}\n"
		  "routes: [{path: /a, rooms: [a], resume: true, "
		  "origins: ['*']}, {path: /b, rooms: [a], history: 5, "
		  "transports: [websocket, sse], origins: ['*']}, "
		  "{path: /c, rooms: [a], history: 5, origins: ['*']}]\n",
	    "");
	must_note("history: {memory: 3MiB}\nlimits: {payload: 256KiB}\n"
		  "routes: [{path: /a, rooms: [a], resume: true, "
		  "transports: [websocket, sse], origins: ['*']}, "
		  "{path: /b, rooms: [a], frames: binary, origins: ['*']}]\n",
	    "f:1:19: history.memory: history.memory is below four times what "
	    "limits.payload takes in the 4 forms that routes have: one large "
	    "message may leave little else to resume from\n");
}
END_TEST

START_TEST(a_history_that_nobody_gets)
{
	must_note("history: {}\n" ROUTE,
	    "f:1:1: history: nobody gets what is kept: no route has resume or "
	    "history\n");
	must_note("history: off\n" ROUTE, "");
	must_note(
	    "history: {}\ndelivery: {slow_consumer: catch_up}\n" ROUTE, "");
	must_note("history: {}\nroutes: [{path: /a, rooms: [a], "
		  "history: 5, origins: ['*']}]\n",
	    "");
}
END_TEST

START_TEST(a_cursor_that_is_older_than_all_that_is_kept)
{
	must_note("history: {max_age: 5m}\nroutes: [{path: /a, rooms: [a], "
		  "resume: 6m, origins: ['*']}]\n",
	    "f:2:41: routes[0].resume: nothing is kept for so long: "
	    "history.max_age is less\n");
	must_note("history: {max_age: 5m}\nroutes: [{path: /a, rooms: [a], "
		  "resume: 5m, origins: ['*']}]\n",
	    "");
	must_note("history: {}\nroutes: [{path: /a, rooms: [a], "
		  "resume: true, origins: ['*']}]\n",
	    "");
}
END_TEST

START_TEST(a_gap_that_nobody_is_told)
{
	must_note("redis: {on_gap: notify}\n" ROUTE,
	    "f:1:17: redis.on_gap: nobody is notified: no route has "
	    "welcome or transports with sse\n");
	must_note("redis: {on_gap: notify}\nroutes: [{path: /a, rooms: [a], "
		  "transports: [sse], origins: ['*']}]\n",
	    "");
	must_note("redis: {on_gap: notify}\nroutes: [{path: /a, rooms: [a], "
		  "welcome: true, origins: ['*']}]\n",
	    "");
}
END_TEST

START_TEST(secrets_that_everybody_can_read)
{
	char name[] = "/tmp/roomcast-test-XXXXXX";
	int fd = mkstemp(name);
	char text[256], expected[256];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "secret\n", 7), 7);
	(void)snprintf(
	    text, sizeof text, "redis: {password_file: %s}\n" ROUTE, name);
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	must_note(text, "");
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	(void)snprintf(expected, sizeof expected,
	    "f:1:24: redis.password_file: %s: every user of this machine can "
	    "read it\n",
	    name);
	must_note(text, expected);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(unlink(name), 0);
}
END_TEST

START_TEST(when_keys_are_fetched_that_are_not)
{
	must_note("auth: {app: {type: jwt, algorithms: [ES256],\n"
		  "  public_key_file: tests/tokens/keys/p256.pem,\n"
		  "  jwks_refresh: 1m}}\n"
		  "routes: [{path: /a, rooms: [a], auth: app}]\n",
	    "f:3:3: auth.app.jwks_refresh: counts only with jwks_url\n");
	must_note("auth: {app: {type: jwt, algorithms: [ES256],\n"
		  "  jwks_url: 'https://a.test/', jwks_refresh: 1m}}\n"
		  "routes: [{path: /a, rooms: [a], auth: app}]\n",
	    "");
}
END_TEST

#define EVENTS "origins: ['https://a.test'], transports: [sse]"

START_TEST(what_is_of_websockets_where_there_are_none)
{
	must_note("routes: [{path: /a, rooms: [a], " EVENTS ",\n"
		  "  subprotocols: [a], frames: text}]\n"
		  "delivery: {compression: {}}\n",
	    "f:2:3: routes[0].subprotocols: counts for WebSockets only, and "
	    "transports has none\n"
	    "f:2:22: routes[0].frames: counts for WebSockets only, and "
	    "transports has none\n"
	    "f:3:12: delivery.compression: counts for WebSockets only, and no "
	    "route has them\n");
	must_note("routes: [{path: /a, rooms: [a], " EVENTS ",\n"
		  "  subprotocols: []},\n"
		  "  {path: /b, rooms: [a], origins: ['https://a.test'],\n"
		  "  subprotocols: [a], frames: text}]\n"
		  "delivery: {compression: {}}\n",
	    "");
}
END_TEST

START_TEST(a_permit_for_rooms_that_nobody_chooses)
{
	must_note("auth: {app: {type: http, url: 'http://h/',\n"
		  "  headers: [authorization]}}\n"
		  "routes:\n"
		  "- {path: '/a/{x}', rooms: [a, '{user}', '{claim.b}'],\n"
		  "   auth: app, permit: claim.c}\n"
		  "- {path: '/b/{x}', rooms: [a, 'b-{x}'], auth: app,\n"
		  "   permit: claim.c}\n"
		  "- {path: /c, rooms: ['{query.x}'], auth: app,\n"
		  "   permit: claim.c}\n",
	    "f:5:23: routes[0].permit: permits what clients choose, and they "
	    "choose nothing here: no room comes from path or query\n");
}
END_TEST

START_TEST(an_admin_that_listens_nowhere)
{
	must_note("admin: {mode: 0600}\n" ROUTE,
	    "f:1:9: admin.mode: counts only with admin.listen: nothing "
	    "listens here\n");
	must_note("admin: {listen: 'unix:/a', mode: 0600}\n" ROUTE, "");
}
END_TEST

START_TEST(a_user_of_redis_without_a_password)
{
	struct buf out;

	must_note("redis: {username: a}\n" ROUTE,
	    "f:1:19: redis.username: counts only with a password: without one "
	    "nobody logs in\n");
	must_note("redis: {username: a, url: 'redis://:b@h'}\n" ROUTE, "");
	must_note("redis: {sentinel: {master: m, addresses: ['a:1'],\n"
		  "  username: b}}\n" ROUTE,
	    "f:2:13: redis.sentinel.username: counts only with a password: "
	    "without one nobody logs in\n");
	out = notes_of("redis: {username: a,\n"
		       "  password_file: tests/conf/password}\n" ROUTE);
	ck_assert_ptr_null(strstr(out.data, "nobody logs in"));
	buf_fini(&out);
}
END_TEST

UNIT_MAIN("conf/conf_notes", a_plain_configuration_has_no_notes,
    a_route_that_is_never_reached, a_path_of_another_router,
    an_authenticator_that_guards_nothing, everybody_is_trusted,
    publishers_that_anybody_can_be, an_admin_that_anybody_can_be,
    keys_of_the_other_backend, what_counts_where_there_are_marks,
    a_payload_that_all_queues_have_no_room_for, an_event_stream_without_origins,
    a_history_with_room_for_few_messages, a_history_that_nobody_gets,
    a_cursor_that_is_older_than_all_that_is_kept, a_gap_that_nobody_is_told,
    secrets_that_everybody_can_read, when_keys_are_fetched_that_are_not,
    what_is_of_websockets_where_there_are_none,
    a_permit_for_rooms_that_nobody_chooses, an_admin_that_listens_nowhere,
    a_user_of_redis_without_a_password)
