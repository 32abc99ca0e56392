/* redis_greeting: what is said to a server, and whether it lets us in. */
#include <errno.h>
#include <string.h>

#include "backend/redis_greeting.h"
#include "backend/redis_login.h"
#include "backend/redis_role.h"
#include "conf/conf_redis.h"
#include "proto/resp_items.h"
#include "unit.h"

#define SELECT  "*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n"
#define SETNAME "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$8\r\nroomcast\r\n"

#define ROLE   "*1\r\n$4\r\nROLE\r\n"
#define INFO   "*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n"
#define STATE  "*2\r\n$7\r\nCLUSTER\r\n$4\r\nINFO\r\n"
#define MASTER "*3\r\n$6\r\nmaster\r\n:7\r\n*0\r\n"

static struct redis_greeting greeting; /* a test's own */
static struct redis_role_rule rule;    /* the same */
static struct redis_role role;

static bool write_greeting(const struct redis_login *login, uint32_t database,
    struct buf *out, struct redis_failure *why)
{
	redis_role_begin(&role, &rule);
	return redis_greeting_write(
	    &greeting, login, database, &role, out, why);
}

static void check_says(
    const struct redis_login *login, uint32_t database, const char *expected)
{
	struct redis_failure why = { .command = NULL };
	struct buf out = { 0 };

	ck_assert_msg(
	    write_greeting(login, database, &out, &why), "%s", why.reason);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, expected);
	buf_fini(&out);
}

/* Give the replies, one line each, and return what the last one came to. */
static int take(const char *replies, struct redis_failure *why)
{
	struct resp_items *items = resp_items_new(1000);
	struct resp_part part;
	struct buf out = { 0 };
	struct err e;
	int rc = 0;

	*why = (struct redis_failure){ .command = NULL };
	ck_assert_int_eq(resp_items_feed(items, slice_str(replies)), 0);
	while (rc == 0 && resp_items_next(items, &part, &e) == 1)
		rc = redis_greeting_take(&greeting, &part, &out, why);
	if (out.len > 0) {
		buf_putn(&out, "", 1);
		ck_assert(strcmp(out.data, INFO) == 0 ||
			  strcmp(out.data, STATE) == 0);
	}
	buf_fini(&out);
	resp_items_free(items);
	return rc;
}

START_TEST(test_who_has_nothing_to_say_tells_its_name)
{
	const struct redis_login nobody = { .username = "ignored" };
	struct redis_failure why;

	check_says(&nobody, 0, SETNAME ROLE);
	ck_assert_int_eq(take("+OK\r\n" MASTER, &why), 1);
}
END_TEST

START_TEST(test_all_is_said_at_once_and_answered_in_order)
{
	const struct redis_login login = { .username = "me", .password = "pw" };
	struct redis_failure why;

	check_says(&login, 7,
	    "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$2\r\npw\r\n" SELECT SETNAME ROLE);
	ck_assert_int_eq(take("+OK\r\n", &why), 0);
	ck_assert_int_eq(take("+OK\r\n", &why), 0);
	ck_assert_int_eq(take("+OK\r\n" MASTER, &why), 1);
}
END_TEST

START_TEST(test_a_password_does_without_a_user)
{
	const struct redis_login login = { .password = "pw" };

	check_says(&login, 0, "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n" SETNAME ROLE);
}
END_TEST

START_TEST(test_a_file_that_is_missing_is_told_with_what_helps)
{
	const struct redis_login login = { .password_file = "/nowhere/at/all",
		.key = "redis.password_file" };
	struct redis_failure why;
	struct buf out = { 0 };

	ck_assert(!write_greeting(&login, 0, &out, &why));
	ck_assert_ptr_nonnull(
	    strstr(why.reason, "redis.password_file: /nowhere/at/all: "));
	ck_assert_ptr_nonnull(why.remedy);
	buf_fini(&out);
}
END_TEST

START_TEST(test_a_refusal_names_the_command)
{
	static const struct {
		const char *replies, *command;
	} cases[] = {
		{ "-WRONGPASS invalid pw\r\n", "AUTH" },
		{ "+OK\r\n-ERR DB index is out of range\r\n", "SELECT" },
		{ "+OK\r\n+OK\r\n-ERR max number of clients reached\r\n",
		    "CLIENT SETNAME" },
	};
	const struct redis_login login = { .password = "pw" };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct redis_failure why;

		check_says(&login, 7,
		    "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n" SELECT SETNAME ROLE);
		ck_assert_int_eq(take(cases[i].replies, &why), -EACCES);
		ck_assert_str_eq(why.command, cases[i].command);
		ck_assert_ptr_null(strstr(why.reason, "pw"));
	}
}
END_TEST

START_TEST(test_a_server_without_names_will_do)
{
	static const char *const replies[] = {
		"-NOPERM this user has no permissions\r\n",
		"-ERR unknown command `CLIENT`\r\n",
		"-ERR unknown subcommand 'SETNAME'\r\n",
	};
	const struct redis_login nobody = { .username = NULL };
	struct redis_failure why;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		check_says(&nobody, 0, SETNAME ROLE);
		ck_assert_int_eq(take(replies[i], &why), 0);
		ck_assert_int_eq(take(MASTER, &why), 1);
	}
}
END_TEST

START_TEST(test_what_is_no_reply_to_it_is_a_protocol_error)
{
	static const char *const replies[] = { ":1\r\n", "*0\r\n", "$-1\r\n",
		"$2\r\nOK\r\n", "*1\r\n+OK\r\n" };
	const struct redis_login nobody = { .username = NULL };
	struct redis_failure why;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		check_says(&nobody, 0, SETNAME ROLE);
		ck_assert_int_eq(take(replies[i], &why), -EPROTO);
		ck_assert_str_ne(why.reason, "");
	}
}
END_TEST

static void greet(void)
{
	const struct redis_login nobody = { .username = NULL };
	struct redis_failure why;

	rule = (struct redis_role_rule){ .is_any = false };
	check_says(&nobody, 0, SETNAME ROLE);
	ck_assert_int_eq(take("+OK\r\n", &why), 0);
}

START_TEST(test_only_a_master_lets_us_in)
{
	static const struct {
		const char *replies, *reason; /* NULL: in */
	} cases[] = {
		{ MASTER, NULL },
		{ "*3\r\n$6\r\nmaster\r\n:7\r\n*2\r\n"
		  "*3\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n7\r\n"
		  "*3\r\n$1\r\nb\r\n$1\r\n1\r\n$1\r\n7\r\n",
		    NULL },
		{ "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n"
		  "$9\r\nconnected\r\n:7\r\n",
		    "replica" },
		{ "*2\r\n$8\r\nsentinel\r\n*1\r\n$1\r\nm\r\n", "sentinel" },
		{ "-LOADING it is\r\n", "LOADING" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct redis_failure why;
		int rc;

		greet();
		rc = take(cases[i].replies, &why);
		ck_assert_int_eq(rc, cases[i].reason ? -EACCES : 1);
		if (!cases[i].reason)
			continue;
		ck_assert_ptr_nonnull(strstr(why.reason, cases[i].reason));
		ck_assert_ptr_nonnull(why.remedy);
	}
}
END_TEST

static const char *remedy_for_a_replica(struct redis_role_rule of)
{
	struct redis_failure why;

	greet();
	rule = of;
	ck_assert_int_eq(take("*1\r\n$5\r\nslave\r\n", &why), -EACCES);
	return why.remedy;
}

START_TEST(test_what_helps_depends_on_who_names_the_server)
{
	char master[] = "mymaster", url[] = "redis://h";
	const struct conf_redis by_url = { .url = url };
	const struct conf_redis by_sentinels = { .sentinel.master = master };

	ck_assert_ptr_nonnull(strstr(
	    remedy_for_a_replica(redis_role_rule_of(&by_url)), "redis.url"));
	ck_assert_ptr_nonnull(
	    strstr(remedy_for_a_replica(redis_role_rule_of(&by_sentinels)),
		"sentinels"));
}
END_TEST

START_TEST(test_who_does_not_say_its_role_is_asked_for_information)
{
	static const char *const replies[] = { "-NOPERM no\r\n",
		"-ERR unknown command 'role'\r\n", "-unsupported\r\n", "*0\r\n",
		"*-1\r\n", "$-1\r\n", ":1\r\n", "+OK\r\n",
		"*1\r\n$8\r\nwhatever\r\n", "*1\r\n:1\r\n",
		"*1\r\n*1\r\n$6\r\nmaster\r\n", "$6\r\nmaster\r\n",
		"*1\r\n$20\r\nmastermastermasterxx\r\n" };
	struct redis_failure why;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		greet();
		ck_assert_int_eq(take(replies[i], &why), 0);
		ck_assert_int_eq(
		    take("$25\r\n# Replication\r\nrole:slave\r\n", &why),
		    -EACCES);
		ck_assert(why.kind == REDIS_FAILURE_ROLE);
	}
	greet();
	ck_assert_int_eq(take("-NOPERM no\r\n", &why), 0);
	ck_assert_int_eq(
	    take("$28\r\n# R\r\nrole:master\r\nslaves:0\r\n\r\n", &why), 1);
	ck_assert(!rule.is_warned);
}
END_TEST

START_TEST(test_who_says_neither_lets_us_in_with_a_warning)
{
	static const char *const replies[] = { "-NOPERM no\r\n", "$0\r\n\r\n",
		"$4\r\nrole\r\n", "$-1\r\n", "*0\r\n",
		"$15\r\n\r\nrole:nobody\r\n\r\n" };
	struct redis_failure why;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		greet();
		ck_assert_int_eq(take("-NOPERM no\r\n", &why), 0);
		ck_assert_int_eq(take(replies[i], &why), 1);
		ck_assert(rule.is_warned);
	}
}
END_TEST

START_TEST(test_an_endless_role_is_a_protocol_error)
{
	struct redis_failure why;
	unsigned items = 1;
	int rc;

	greet();
	rc = take("*2147483647\r\n", &why);
	for (; rc == 0 && items <= 2 * REDIS_ROLE_MAX_ITEMS; items++)
		rc = take(":1\r\n", &why);
	ck_assert_int_eq(rc, -EPROTO);
	ck_assert_uint_eq(items, REDIS_ROLE_MAX_ITEMS + 1);
}
END_TEST

START_TEST(test_any_role_is_not_asked_for)
{
	const struct redis_login nobody = { .username = NULL };
	struct redis_failure why;

	rule = (struct redis_role_rule){ .is_any = true };
	check_says(&nobody, 0, SETNAME);
	ck_assert_int_eq(take("+OK\r\n", &why), 1);
}
END_TEST

/* --- a node of a cluster --- */

#define INFO_OK "$16\r\ncluster_state:ok\r\n"
#define INFO_CUT_OFF                                                     \
	"$49\r\ncluster_state:fail\r\ncluster_slots_pfail:10922\r\n\r\n" \
	"\r\n"

static void greet_node(bool is_any, unsigned *cut_off_told)
{
	const struct redis_login nobody = { .username = NULL };
	struct redis_failure why;

	rule = (struct redis_role_rule){ .is_any = is_any,
		.cut_off_told = cut_off_told };
	check_says(&nobody, 0, is_any ? SETNAME STATE : SETNAME ROLE);
	ck_assert_int_eq(take("+OK\r\n", &why), 0);
}

START_TEST(test_a_master_in_a_cluster_is_with_the_others)
{
	struct redis_failure why;
	unsigned told = 0;

	greet_node(false, &told);
	ck_assert_int_eq(take(MASTER, &why), 0);
	ck_assert_int_eq(take(INFO_OK, &why), 1);
	greet_node(false, &told);
	ck_assert_int_eq(take(MASTER, &why), 0);
	ck_assert_int_eq(take(INFO_CUT_OFF, &why), -EACCES);
	ck_assert(why.kind == REDIS_FAILURE_ROLE);
	ck_assert_ptr_nonnull(strstr(why.reason, "cut off"));
}
END_TEST

START_TEST(test_where_any_role_will_do_it_is_with_the_others_too)
{
	struct redis_failure why;
	unsigned told = 0;

	greet_node(true, &told);
	ck_assert_int_eq(take(INFO_OK, &why), 1);
	greet_node(true, &told);
	ck_assert_int_eq(take(INFO_CUT_OFF, &why), -EACCES);
}
END_TEST

START_TEST(test_a_node_that_is_refused_its_role_is_asked_for_the_cluster)
{
	struct redis_failure why;
	unsigned told = 0;

	greet_node(false, &told);
	ck_assert_int_eq(take("-NOPERM no\r\n", &why), 0);
	ck_assert_int_eq(take("-NOPERM no\r\n", &why), 0);
	ck_assert_int_eq(take(INFO_CUT_OFF, &why), -EACCES);
}
END_TEST

static size_t ask_again(void)
{
	struct slice question[REDIS_ROLE_WORDS];
	struct redis_failure why;

	(void)redis_role_ask(&role, question);
	return take(MASTER, &why) == 0 ? 2 : 1;
}

/* On this connection; another one asks anew. */
START_TEST(test_who_may_not_know_it_is_warned_once_and_let_in)
{
	static const char *const replies[] = { "-NOPERM no\r\n",
		"-ERR unknown command 'CLUSTER'\r\n",
		"-ERR Unknown subcommand\r\n" };
	struct redis_failure why;
	unsigned told = 0;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		greet_node(false, &told);
		ck_assert_int_eq(take(MASTER, &why), 0);
		ck_assert_int_eq(take(replies[i], &why), 1);
		ck_assert_uint_eq(told, REDIS_ROLE_REFUSED);
		ck_assert_uint_eq(ask_again(), 1);
	}
}
END_TEST

START_TEST(test_an_answer_that_does_not_say_it_is_asked_for_again)
{
	static const char *const replies[] = { "-ERR later\r\n", "$-1\r\n",
		"*0\r\n", "$1\r\nx\r\n" };
	struct redis_failure why;
	unsigned told = 0;

	for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
		greet_node(false, &told);
		ck_assert_int_eq(take(MASTER, &why), 0);
		ck_assert_int_eq(take(replies[i], &why), 1);
		ck_assert_uint_eq(told, REDIS_ROLE_ODD);
		ck_assert_uint_eq(ask_again(), 2);
	}
}
END_TEST

START_TEST(test_a_server_in_no_cluster_is_told_with_what_helps)
{
	struct redis_failure why;
	unsigned told = 0;

	greet_node(true, &told);
	ck_assert_int_eq(
	    take("-ERR This instance has cluster support disabled\r\n", &why),
	    -EACCES);
	ck_assert_str_eq(why.command, "CLUSTER INFO");
	ck_assert_ptr_nonnull(strstr(why.remedy, "redis.url"));
	ck_assert_uint_eq(told, 0);
}
END_TEST

UNIT_MAIN("backend/redis_greeting", test_who_has_nothing_to_say_tells_its_name,
    test_all_is_said_at_once_and_answered_in_order,
    test_a_password_does_without_a_user,
    test_a_file_that_is_missing_is_told_with_what_helps,
    test_a_refusal_names_the_command, test_a_server_without_names_will_do,
    test_what_is_no_reply_to_it_is_a_protocol_error,
    test_only_a_master_lets_us_in,
    test_what_helps_depends_on_who_names_the_server,
    test_who_does_not_say_its_role_is_asked_for_information,
    test_who_says_neither_lets_us_in_with_a_warning,
    test_an_endless_role_is_a_protocol_error, test_any_role_is_not_asked_for,
    test_a_master_in_a_cluster_is_with_the_others,
    test_where_any_role_will_do_it_is_with_the_others_too,
    test_a_node_that_is_refused_its_role_is_asked_for_the_cluster,
    test_who_may_not_know_it_is_warned_once_and_let_in,
    test_an_answer_that_does_not_say_it_is_asked_for_again,
    test_a_server_in_no_cluster_is_told_with_what_helps)
