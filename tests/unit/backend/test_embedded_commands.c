/* embedded_commands: each command and its reply, byte by byte. */
#include <string.h>

#include "backend/embedded_commands.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "unit.h"

struct desk {
	struct conf conf;
	struct backend_sink sink;
	struct embedded_host host;
	struct embedded_session session;
	struct transaction_budget budget;
	struct buf taken; /* "channel=payload\n" for each message */
	enum embedded_outcome outcome;
};

/* "bad" is dropped, "nobody" is for nobody here. */
static struct backend_verdict judge(struct slice payload)
{
	bool is_bad = slice_eq(payload, slice_str("bad"));
	bool is_for_nobody = slice_eq(payload, slice_str("nobody"));

	return (struct backend_verdict){ !is_bad && !is_for_nobody,
		is_bad ? "a reason" : NULL };
}

static struct backend_verdict check_message(
    void *arg, const struct backend_message *m)
{
	(void)arg;
	return judge(m->payload);
}

static struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	struct desk *d = arg;

	buf_putn(&d->taken, m->channel.ptr, m->channel.len);
	buf_puts(&d->taken, "=");
	if (m->payload.len > 0)
		buf_putn(&d->taken, m->payload.ptr, m->payload.len);
	buf_puts(&d->taken, "\n");
	return judge(m->payload);
}

static struct desk *set_up(const char *password)
{
	static struct desk d;
	static char secret[32], send[] = "t:send", broadcast[] = "t:all",
				control[] = "", prefix[] = "t:room:";

	d = (struct desk){ .sink = { .on_message = on_message,
			       .check_message = check_message } };
	d.conf.channels.send = send;
	d.conf.channels.broadcast = broadcast;
	d.conf.channels.control = control;
	d.conf.channels.room_prefix = prefix;
	if (password)
		d.conf.embedded.password = strcpy(secret, password);
	d.budget = (struct transaction_budget){ 1000, 1500, 0 };
	d.host = (struct embedded_host){ &d.conf, &d.sink, &d, &d.budget };
	embedded_session_init(&d.session, &d.host, 7);
	return &d;
}

/* The reply to a command of words that are separated by one space. */
static const char *ask(struct desk *d, const char *line)
{
	static char text[4096];
	struct resp_item items[RESP_MAX_ITEMS];
	struct resp_value command = { true, 0, items };
	struct buf out = { 0 };

	while (line) {
		const char *space = strchr(line, ' ');
		size_t len = space ? (size_t)(space - line) : strlen(line);

		items[command.count++] =
		    (struct resp_item){ RESP_STRING, slice_of(line, len), 0 };
		line = space ? space + 1 : NULL;
	}
	do
		d->outcome =
		    embedded_execute(&d->host, &d->session, &command, &out);
	while (embedded_next_queued(&d->session, items, &command));
	ck_assert_uint_lt(out.len, sizeof text);
	if (out.len > 0)
		memcpy(text, out.data, out.len);
	text[out.len] = '\0';
	buf_fini(&out);
	return text;
}

struct exchange {
	const char *command;
	const char *reply;
};

static void converse(struct desk *d, const struct exchange *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *reply = ask(d, e[i].command);

		ck_assert_msg(strcmp(reply, e[i].reply) == 0, "%s: %s",
		    e[i].command, reply);
	}
}

#define CONVERSE(d, ...)                                             \
	do {                                                         \
		static const struct exchange e_[] = { __VA_ARGS__ }; \
		converse(d, e_, sizeof e_ / sizeof e_[0]);           \
	} while (0)

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

START_TEST(test_hello_speaks_both_versions)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d,
	    { "HELLO", "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion"
		       "\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n"
		       ":7\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole"
		       "\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n" },
	    { "HELLO 4", "-NOPROTO only 2 and 3 are supported\r\n" },
	    { "HELLO 3 SETNAME", "-ERR syntax error in HELLO\r\n" },
	    { "CLIENT GETNAME", "$-1\r\n" });
	ck_assert_ptr_nonnull(
	    strstr(ask(d, "HELLO 3 SETNAME me"), "$5\r\nproto\r\n:3\r\n"));
	ck_assert_int_eq(*ask(d, "HELLO"), '%');
	CONVERSE(d, { "CLIENT GETNAME", "$2\r\nme\r\n" },
	    { "COMMAND DOCS", "%0\r\n" }, { "PUBLISH t:send x", ":1\r\n" });
	ck_assert_int_eq(*ask(d, "HELLO 2"), '*');
	buf_fini(&d->taken);
}
END_TEST

START_TEST(test_a_long_name_is_cut)
{
	struct desk *d = set_up(NULL);

	(void)ask(d, "CLIENT SETNAME 0123456789012345678901234567890123456789"
		     "01234567890123456789012345678901234567890123456789");
	CONVERSE(d, { "CLIENT GETNAME",
			"$63\r\n0123456789012345678901234567890123456789"
			"01234567890123456789012\r\n" });
}
END_TEST

START_TEST(test_without_the_password_nothing_is_open)
{
	struct desk *d = set_up("s3cret");

	CONVERSE(d, { "PING", "-NOAUTH authentication is required\r\n" },
	    { "PUBLISH t:send x", "-NOAUTH authentication is required\r\n" },
	    { "NONSENSE", "-NOAUTH authentication is required\r\n" },
	    { "HELLO 3",
		"-NOAUTH authenticate by AUTH, or by HELLO N AUTH user "
		"password\r\n" },
	    { "AUTH wrong", "-WRONGPASS wrong user name or password\r\n" },
	    { "AUTH s3cre", "-WRONGPASS wrong user name or password\r\n" },
	    { "AUTH ", "-WRONGPASS wrong user name or password\r\n" },
	    { "AUTH root s3cret",
		"-WRONGPASS wrong user name or password\r\n" },
	    { "AUTH s3cret", "+OK\r\n" }, { "PING", "+PONG\r\n" },
	    { "AUTH wrong", "-WRONGPASS wrong user name or password\r\n" },
	    { "PING", "-NOAUTH authentication is required\r\n" },
	    { "AUTH default s3cret", "+OK\r\n" }, { "PING", "+PONG\r\n" },
	    { "RESET", "+RESET\r\n" },
	    { "PING", "-NOAUTH authentication is required\r\n" },
	    { "HELLO 2 AUTH default no",
		"-WRONGPASS wrong user name or password\r\n" });
	ck_assert_int_eq(*ask(d, "HELLO 3 AUTH default s3cret"), '%');
	ck_assert_str_eq(ask(d, "PING"), "+PONG\r\n");
	ck_assert_uint_eq(d->taken.len, 0);
}
END_TEST

START_TEST(test_auth_without_a_password_to_give_is_an_error)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d,
	    { "AUTH x",
		"-ERR AUTH <password> called without any password configured "
		"for the default user. Are you sure your configuration is "
		"correct?\r\n" },
	    { "PING", "+PONG\r\n" }, { "AUTH default x", "+OK\r\n" },
	    { "AUTH root x", "-WRONGPASS wrong user name or password\r\n" },
	    { "PING", "+PONG\r\n" });
	ck_assert_int_eq(*ask(d, "HELLO 3 AUTH default x"), '%');
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

START_TEST(test_replies_can_be_turned_off)
{
	struct desk *d = set_up(NULL);

	CONVERSE(d, { "CLIENT REPLY SKIP", "" }, { "PING", "" },
	    { "PING", "+PONG\r\n" });
	(void)ask(d, "CLIENT REPLY OFF");
	ck_assert_str_eq(ask(d, "PUBLISH t:send quiet"), "");
	ck_assert_str_eq(ask(d, "NONSENSE"), "");
	ck_assert_uint_eq(d->taken.len, strlen("t:send=quiet\n"));
	CONVERSE(d, { "CLIENT REPLY ON", "+OK\r\n" }, { "PING", "+PONG\r\n" });
	buf_fini(&d->taken);
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
    test_hello_speaks_both_versions, test_a_long_name_is_cut,
    test_without_the_password_nothing_is_open,
    test_auth_without_a_password_to_give_is_an_error,
    test_the_rest_is_refused_with_a_hint, test_http_is_an_attack,
    test_replies_can_be_turned_off,
    test_a_skipped_reply_is_the_whole_of_a_transaction,
    test_sharded_channels_are_refused_with_a_hint,
    test_a_transaction_runs_as_a_whole,
    test_a_command_that_cannot_run_voids_the_transaction,
    test_what_is_discarded_never_runs, test_a_transaction_has_bounds)
