/* embedded_settings: who a publisher says it is, and what it wants to hear. */
#include "embedded_desk.h"

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

UNIT_MAIN("backend/embedded_settings", test_hello_speaks_both_versions,
    test_a_long_name_is_cut, test_without_the_password_nothing_is_open,
    test_auth_without_a_password_to_give_is_an_error,
    test_replies_can_be_turned_off)
