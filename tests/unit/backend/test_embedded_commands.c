/* embedded_commands: each command and its reply. */
#include <stdio.h>

#include "embedded_desk.h"

#define ONLY                                                            \
	": this is roomcast's embedded backend, it only takes what is " \
	"published\r\n"

START_TEST(test_what_is_published_is_taken_when_the_channel_is_carried)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "PUBLISH t:send a,b", ":1\r\n" },
	    { "publish t:all hi", ":1\r\n" },
	    { "PUBLISH t:room:lobby x", ":1\r\n" },
	    { "PUBLISH t:room: x", ":0\r\n" },
	    { "PUBLISH t:sendx x", ":0\r\n" }, { "PUBLISH T:SEND x", ":0\r\n" },
	    { "PUBLISH  x", ":0\r\n" }, { "PUBLISH t:all ", ":1\r\n" });
	buf_putn(&d->taken, "", 1);
	ck_assert_str_eq(
	    d->taken.data, "t:send=a,b\nt:all=hi\nt:room:lobby=x\nt:all=\n");
	buf_fini(&d->taken);
}
END_TEST

START_TEST(test_a_channel_that_is_off_carries_nothing)
{
	struct desk *d = set_up(NULL);
	char off[] = "";

	d->conf.channels.send = off;
	d->conf.channels.room_prefix = off;
	CONVERSE(d, { "PUBLISH  x", ":0\r\n" }, { "PUBLISH lobby x", ":0\r\n" },
	    { "PUBLISH t:send x", ":0\r\n" });
	ck_assert_uint_eq(d->taken.len, 0);
}
END_TEST

START_TEST(test_the_reply_says_what_has_become_of_a_payload)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "PUBLISH t:all x", ":1\r\n" },
	    { "PUBLISH t:all nobody", ":0\r\n" },
	    { "PUBLISH t:all bad", "-ERR payload dropped: a reason\r\n" },
	    { "PUBLISH t:nowhere bad", ":0\r\n" });
	ck_assert_int_eq(d->outcome, EMBEDDED_GO_ON);
	buf_fini(&d->taken);
}
END_TEST

START_TEST(test_what_libraries_ask_on_connect_is_answered)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "PING", "+PONG\r\n" }, { "ping hi", "$2\r\nhi\r\n" },
	    { "ECHO hi", "$2\r\nhi\r\n" }, { "ECHO ", "$0\r\n\r\n" },
	    { "SELECT 3", "+OK\r\n" },
	    { "SELECT x", "-ERR the database is not a number\r\n" },
	    { "COMMAND", "*0\r\n" }, { "COMMAND DOCS", "*0\r\n" },
	    { "COMMAND COUNT", ":0\r\n" }, { "COMMAND INFO get", "*0\r\n" },
	    { "CLIENT GETNAME", "$-1\r\n" }, { "CLIENT SETNAME me", "+OK\r\n" },
	    { "client getname", "$2\r\nme\r\n" }, { "CLIENT ID", ":7\r\n" },
	    { "CLIENT SETINFO LIB-NAME redis-py", "+OK\r\n" },
	    { "CLIENT NO-EVICT ON", "+OK\r\n" },
	    { "CLIENT NO-TOUCH ON", "+OK\r\n" },
	    { "CLIENT NO-TOUCH yes", "-ERR syntax error\r\n" },
	    { "CLIENT TRACKING ON REDIRECT 3 BCAST", "+OK\r\n" },
	    { "CLIENT TRACKING off", "+OK\r\n" },
	    { "CLIENT INFO",
		"$67\r\nid=7 name=me db=0 sub=0 psub=0 ssub=0 multi=-1 "
		"user=default resp=2\n\r\n" },
	    { "CLIENT REPLY ON", "+OK\r\n" }, { "RESET", "+RESET\r\n" },
	    { "CLIENT GETNAME", "$-1\r\n" });
	ck_assert_ptr_nonnull(
	    strstr(ask(d, "INFO"), "redis_version:7.0.0\r\n"));
	ck_assert_ptr_nonnull(strstr(
	    ask(d, "INFO server"), "roomcast_version:" ROOMCAST_VERSION));
	ck_assert_str_eq(ask(d, "QUIT"), "+OK\r\n");
	ck_assert_int_eq(d->outcome, EMBEDDED_QUIT);
}
END_TEST

START_TEST(test_the_rest_is_refused_with_a_hint)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "GET a", "-ERR unknown command 'GET'" ONLY },
	    { "a\r\nb", "-ERR unknown command 'a??b'" ONLY },
	    { "PUBLISHx a b", "-ERR unknown command 'PUBLISHx'" ONLY },
	    { "CLIENT KILL x", "-ERR unknown subcommand of CLIENT" ONLY },
	    { "PUBLISH a",
		"-ERR wrong number of arguments for 'publish' command\r\n" },
	    { "PUBLISH a b c",
		"-ERR wrong number of arguments for 'publish' command\r\n" },
	    { "AUTH", "-ERR wrong number of arguments for 'auth' command\r\n" },
	    { "CLIENT",
		"-ERR wrong number of arguments for 'client' command\r\n" },
	    { "CLIENT SETNAME",
		"-ERR wrong number of arguments for 'client|setname' "
		"command\r\n" },
	    { "CLIENT REPLY no", "-ERR syntax error in CLIENT REPLY\r\n" });
	ck_assert_int_eq(d->outcome, EMBEDDED_GO_ON);
}
END_TEST

START_TEST(test_http_is_an_attack)
{
	static const char *const lines[] = { "POST / HTTP/1.1", "post",
		"Host: 127.0.0.1:6390", "HOST: x" };
	struct desk *d = set_up(NULL);

	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(ask(d, lines[i]), "");
		ck_assert_int_eq(d->outcome, EMBEDDED_ATTACK);
	}
	d = set_up("s3cret");
	(void)ask(d, lines[0]);
	ck_assert_int_eq(d->outcome, EMBEDDED_ATTACK);
}
END_TEST

START_TEST(test_a_skipped_reply_is_the_whole_of_a_transaction)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "MULTI", "+OK\r\n" }, { "PING", "+QUEUED\r\n" },
	    { "CLIENT REPLY SKIP", "+QUEUED\r\n" }, { "PING", "+QUEUED\r\n" },
	    { "EXEC", "*3\r\n+PONG\r\n+PONG\r\n" }, { "PING", "" },
	    { "PING", "+PONG\r\n" }, { "MULTI", "+OK\r\n" },
	    { "PING", "+QUEUED\r\n" }, { "PING", "+QUEUED\r\n" },
	    { "CLIENT REPLY SKIP", "+QUEUED\r\n" }, { "DISCARD", "+OK\r\n" });
	CONVERSE(d, { "MULTI", "+OK\r\n" }, { "PING", "+QUEUED\r\n" },
	    { "PING", "+QUEUED\r\n" });
	d->session.skips_this = true;
	CONVERSE(d, { "EXEC", "" }, { "PING", "+PONG\r\n" });
}
END_TEST

START_TEST(test_sharded_channels_are_refused_with_a_hint)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d,
	    { "SPUBLISH t:room:lobby x",
		"-ERR SPUBLISH reaches nobody: this port carries no sharded "
		"channels, use PUBLISH\r\n" },
	    { "SSUBSCRIBE t:room:lobby",
		"-ERR unknown command 'SSUBSCRIBE': this is roomcast's "
		"embedded backend, it only takes what is published\r\n" },
	    { "SPUBLISH t:room:lobby",
		"-ERR wrong number of arguments for 'spublish' "
		"command\r\n" });
	ck_assert_uint_eq(d->taken.len, 0);
}
END_TEST

START_TEST(test_a_transaction_runs_as_a_whole)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "MULTI", "+OK\r\n" },
	    { "PUBLISH t:send a", "+QUEUED\r\n" },
	    { "PUBLISH t:send nobody", "+QUEUED\r\n" },
	    { "PUBLISH t:nowhere bad", "+QUEUED\r\n" },
	    { "MULTI", "-ERR MULTI calls can not be nested\r\n" },
	    { "WATCH key", "-ERR WATCH inside MULTI is not allowed\r\n" },
	    { "PUBLISH t:all ", "+QUEUED\r\n" }, { "UNWATCH", "+QUEUED\r\n" });
	ck_assert_uint_eq(d->taken.len, 0);
	CONVERSE(d, { "EXEC", "*5\r\n:1\r\n:0\r\n:0\r\n:1\r\n+OK\r\n" },
	    { "EXEC", "-ERR EXEC without MULTI\r\n" });
	buf_putn(&d->taken, "", 1);
	ck_assert_str_eq(d->taken.data, "t:send=a\nt:send=nobody\nt:all=\n");
	ck_assert_uint_eq(d->budget.used, 0);
	buf_fini(&d->taken);
}
END_TEST

START_TEST(test_a_command_that_cannot_run_voids_the_transaction)
{
	static const char *const mistakes[] = { "GET a", "PUBLISH t:send",
		"SPUBLISH t:send x", "CLIENT NONSENSE", "CLIENT SETNAME",
		"PUBLISH t:send bad" };
	struct desk *d = set_up(NULL);

	for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
		CONVERSE(d, { "MULTI", "+OK\r\n" },
		    { "PUBLISH t:send a", "+QUEUED\r\n" });
		ck_assert_int_eq(*ask(d, mistakes[i]), '-');
		ck_assert_uint_eq(d->budget.used, 0);
		CONVERSE(d, { "PUBLISH t:send b", "+QUEUED\r\n" },
		    { "EXEC",
			"-EXECABORT Transaction discarded because of previous "
			"errors.\r\n" },
		    { "EXEC", "-ERR EXEC without MULTI\r\n" });
	}
	ck_assert_uint_eq(d->taken.len, 0);
}
END_TEST

START_TEST(test_what_is_discarded_never_runs)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "DISCARD", "-ERR DISCARD without MULTI\r\n" },
	    { "MULTI", "+OK\r\n" }, { "PUBLISH t:send a", "+QUEUED\r\n" },
	    { "DISCARD", "+OK\r\n" }, { "EXEC", "-ERR EXEC without MULTI\r\n" },
	    { "MULTI", "+OK\r\n" }, { "PUBLISH t:send a", "+QUEUED\r\n" },
	    { "RESET", "+RESET\r\n" },
	    { "EXEC", "-ERR EXEC without MULTI\r\n" }, { "MULTI", "+OK\r\n" },
	    { "EXEC", "*0\r\n" }, { "MULTI", "+OK\r\n" },
	    { "PUBLISH t:send a", "+QUEUED\r\n" });
	embedded_session_fini(&d->session);
	ck_assert_uint_eq(d->taken.len, 0);
	ck_assert_uint_eq(d->budget.used, 0);
}
END_TEST

START_TEST(test_a_transaction_has_bounds)
{
	struct desk *d = set_up(NULL);
	const char *reply = "";

	(void)ask(d, "MULTI");
	for (int i = 0; i < 1000 && *reply != '-'; i++)
		reply = ask(d, "PUBLISH t:send a");
	ck_assert_str_eq(reply, "-ERR transaction is too large: at most 16384 "
				"commands and 1000 bytes\r\n");
	ck_assert_uint_eq(d->budget.used, 0);
	ck_assert_ptr_nonnull(strstr(ask(d, "EXEC"), "-EXECABORT "));
	d->budget.one = d->budget.all = 1 << 30;
	(void)ask(d, "MULTI");
	for (int i = 0; i < TRANSACTION_COMMANDS_MAX; i++)
		ck_assert_str_eq(ask(d, "PING"), "+QUEUED\r\n");
	ck_assert_int_eq(*ask(d, "PING"), '-');
	ck_assert_ptr_nonnull(strstr(ask(d, "EXEC"), "-EXECABORT "));
	d->budget.used = d->budget.all - 10;
	CONVERSE(d, { "MULTI", "+OK\r\n" },
	    { "PING", "-ERR too much is queued in transactions of all "
		      "publishers\r\n" },
	    { "DISCARD", "+OK\r\n" });
}
END_TEST

/* --- XADD --- */

static struct desk *set_up_stream(void)
{
	static char stream[] = "t:stream";
	struct desk *d = set_up(NULL);

	d->conf.history.stream = stream;
	return d;
}

/* The id that an XADD was answered, as it stands in the reply. */
static const char *last_id(const struct desk *d)
{
	static char reply[64];
	char id[PLACE_MAX + 1];
	struct slice text = place_print_entry(&d->added, id);

	(void)snprintf(reply, sizeof reply, "$%zu\r\n%s\r\n", text.len, id);
	return reply;
}

START_TEST(test_an_entry_is_taken_and_its_id_is_the_answer)
{
	static const char *const rows[] = {
		"XADD t:stream * t:send a,b",
		"xadd t:stream maxlen 100 * t:all hi",
		"XADD t:stream MAXLEN ~ 0 * t:room:lobby nobody",
		"XADD t:stream MAXLEN = 9223372036854775807 * t:all ",
	};
	struct desk *d = set_up_stream();

	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *reply = ask(d, rows[i]);

		ck_assert_str_eq(reply, last_id(d));
		ck_assert_uint_eq(d->entries, i + 1);
	}
	CONVERSE(d, { "PUBLISH t:all x", ":1\r\n" });
	ck_assert_uint_eq(d->entries, 4);
	buf_putn(&d->taken, "", 1);
	ck_assert_str_eq(d->taken.data,
	    "t:send=a,b\nt:all=hi\nt:room:lobby=nobody\nt:all=\nt:all=x\n");
	buf_fini(&d->taken);
}
END_TEST

#define HERE    "-ERR XADD: this is roomcast's embedded backend, "
#define OPTIONS HERE "of the options it takes MAXLEN only\r\n"
#define ID      HERE "it takes * as the id only\r\n"
#define ONE                                                          \
	"-ERR XADD: roomcast takes exactly one field an entry, the " \
	"channel, with the payload as its value\r\n"
#define CHANNEL                                                       \
	"-ERR XADD: the field is no channel of the configuration of " \
	"roomcast: nobody would get it\r\n"

START_TEST(test_what_an_entry_cannot_be_is_refused_with_the_limit)
{
	struct desk *d = set_up_stream();

	CONVERSE(d,
	    { "XADD other * t:all x",
		HERE "it takes the key of history.stream only\r\n" },
	    { "XADD t:stream 1-1 t:all x", ID },
	    { "XADD t:stream 1-* t:all x", ID },
	    { "XADD t:stream MAXLEN 5 1-1 t:all x", ID },
	    { "XADD t:stream MAXLEN 5 *", ONE },
	    { "XADD t:stream NOMKSTREAM * t:all x", OPTIONS },
	    { "XADD t:stream MINID 5 * t:all x", OPTIONS },
	    { "XADD t:stream MAXLEN ~ 5 LIMIT 5 * t:all x", OPTIONS },
	    { "XADD t:stream MAXLEN x * t:all x",
		"-ERR MAXLEN is not a number\r\n" },
	    { "XADD t:stream MAXLEN -1 * t:all x",
		"-ERR MAXLEN is not a number\r\n" },
	    { "XADD t:stream MAXLEN 9223372036854775808 * t:all x",
		"-ERR MAXLEN is not a number\r\n" },
	    { "XADD t:stream MAXLEN MAXLEN ~",
		"-ERR MAXLEN is not a number\r\n" },
	    { "XADD t:stream MAXLEN 5 MAXLEN",
		"-ERR MAXLEN is not a number\r\n" },
	    { "XADD t:stream * t:all x t:all y", ONE },
	    { "XADD t:stream * t:all x y", ONE },
	    { "XADD t:stream MAXLEN 5 * t:all", ONE },
	    { "XADD t:stream * t:nowhere x", CHANNEL },
	    { "XADD t:stream * t:all",
		"-ERR wrong number of arguments for 'xadd' command\r\n" },
	    { "XADD t:stream * t:all bad",
		"-ERR payload dropped: a reason\r\n" });
	ck_assert_uint_eq(d->entries, 1); /* the last one had its place */
	buf_fini(&d->taken);
}
END_TEST

START_TEST(test_without_a_stream_there_is_no_xadd)
{
	struct desk *d = set_up(NULL);

	CONVERSE(
	    d, { "XADD t:stream * t:all x",
		   "-ERR XADD needs history.stream in the configuration of "
		   "roomcast; without it what is PUBLISHed is kept\r\n" });
	ck_assert_uint_eq(d->entries, 0);
}
END_TEST

START_TEST(test_an_entry_in_a_transaction_gets_its_id_when_it_runs)
{
	struct desk *d = set_up_stream();
	char expected[128];
	const char *reply;

	CONVERSE(d, { "MULTI", "+OK\r\n" },
	    { "XADD t:stream * t:all x", "+QUEUED\r\n" },
	    { "PUBLISH t:all y", "+QUEUED\r\n" });
	ck_assert_uint_eq(d->entries, 0);
	reply = ask(d, "EXEC");
	(void)snprintf(expected, sizeof expected, "*2\r\n%s:1\r\n", last_id(d));
	ck_assert_str_eq(reply, expected);
	ck_assert_uint_eq(d->entries, 1);
	CONVERSE(d, { "MULTI", "+OK\r\n" },
	    { "XADD t:stream * t:all x", "+QUEUED\r\n" },
	    { "XADD t:stream * t:all bad",
		"-ERR payload dropped: a reason\r\n" },
	    { "EXEC", "-EXECABORT Transaction discarded because of previous "
		      "errors.\r\n" },
	    { "MULTI", "+OK\r\n" }, { "XADD t:stream 1-1 t:all x", ID },
	    { "EXEC", "-EXECABORT Transaction discarded because of previous "
		      "errors.\r\n" });
	ck_assert_uint_eq(d->entries, 1);
	buf_fini(&d->taken);
}
END_TEST

START_TEST(test_ids_rise_whatever_the_clock_does)
{
	struct embedded_stream s = { .last = { .high = UINT64_MAX >> 1 } };
	struct place before = s.last;
	char id[PLACE_MAX + 1];

	for (int i = 0; i < 3; i++) {
		ck_assert_uint_gt(embedded_stream_next(&s, id).len, 0);
		ck_assert_int_lt(place_compare(&before, &s.last), 0);
		before = s.last;
	}
	ck_assert_str_eq(id, "9223372036854775807-3");
	s.last = (struct place){ .high = 5, .low = 7 };
	(void)embedded_stream_next(&s, id);
	ck_assert_uint_gt(s.last.high, 1000000000000);
	ck_assert_uint_eq(s.last.low, 0);
}
END_TEST

UNIT_MAIN("backend/embedded_commands",
    test_what_is_published_is_taken_when_the_channel_is_carried,
    test_a_channel_that_is_off_carries_nothing,
    test_the_reply_says_what_has_become_of_a_payload,
    test_what_libraries_ask_on_connect_is_answered,
    test_the_rest_is_refused_with_a_hint, test_http_is_an_attack,
    test_a_skipped_reply_is_the_whole_of_a_transaction,
    test_sharded_channels_are_refused_with_a_hint,
    test_a_transaction_runs_as_a_whole,
    test_a_command_that_cannot_run_voids_the_transaction,
    test_what_is_discarded_never_runs, test_a_transaction_has_bounds,
    test_an_entry_is_taken_and_its_id_is_the_answer,
    test_what_an_entry_cannot_be_is_refused_with_the_limit,
    test_without_a_stream_there_is_no_xadd,
    test_an_entry_in_a_transaction_gets_its_id_when_it_runs,
    test_ids_rise_whatever_the_clock_does)
