/* embedded_commands: each command and its reply. */
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
		"-ERR SPUBLISH reaches nobody: roomcast carries no sharded "
		"channels, use PUBLISH\r\n" },
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
    test_what_is_discarded_never_runs, test_a_transaction_has_bounds)
