/* hook_answer: what admits, what refuses, and what is no answer at all. */
#include <stdio.h>

#include <cjson/cJSON.h>

#include "net/hook_answer.h"
#include "unit.h"

enum { NOW_S = 1700000000 };

static struct hook_answer read_all(const char *body)
{
	struct hook_answer a;
	const char *why = NULL;
	int rc = hook_answer_parse(slice_str(body), NOW_S, &a, &why);

	ck_assert_msg(rc == 0, "%s: %s", body, why);
	return a;
}

static void check_user(const char *body, const char *user)
{
	struct hook_answer a = read_all(body);

	ck_assert_int_eq(a.status, 200);
	ck_assert_pstr_eq(a.identity.user, user);
	hook_answer_fini(&a);
}

static void check_bad(struct slice body)
{
	struct hook_answer a;
	const char *why = NULL;

	ck_assert_msg(hook_answer_parse(body, NOW_S, &a, &why) < 0, "%.*s",
	    (int)body.len, body.ptr);
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_null(a.identity.claims);
	ck_assert_ptr_null(a.identity.user);
}

START_TEST(test_an_object_admits_without_a_user)
{
	struct hook_answer a = read_all(" {} \n");

	ck_assert_int_eq(a.status, 200);
	ck_assert_ptr_nonnull(a.identity.claims);
	ck_assert_ptr_null(a.identity.user);
	ck_assert_int_eq(a.identity.expires_s, 0);
	hook_answer_fini(&a);
}
END_TEST

START_TEST(test_a_user_is_a_string_or_a_whole_number)
{
	check_user("{\"user\":\"ana\"}", "ana");
	check_user("{\"user\":\"a,b\"}", "a,b");
	check_user("{\"user\":\"\\u00e3\"}", "\xc3\xa3");
	check_user("{\"user\":null}", NULL);
	check_user("{\"User\":\"ana\"}", NULL);
	check_user("{\"user\":42}", "42");
	check_user("{\"user\":0}", "0");
	check_user("{\"user\":-7}", "-7");
}
END_TEST

START_TEST(test_a_long_number_is_not_rounded)
{
	check_user("{\"user\":9007199254740993}", "9007199254740993");
	check_user("{ \"a,\\\"b\" : [1,{\"user\":2}] , \"user\" :\t"
		   "18446744073709551615 , \"c\":{}}",
	    "18446744073709551615");
}
END_TEST

START_TEST(test_rooms_are_names)
{
	static const char *const bodies[] = { "{\"rooms\":[\"a\",\"b c\"]}",
		"{\"rooms\":[]}", "{\"rooms\":[42,-1,\"a\"]}",
		"{\"rooms\":[9007199254740991]}" };

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		check_user(bodies[i], NULL);
}
END_TEST

/* Behind it, null is what a missing field is; any field of the app's, too. */
START_TEST(test_null_is_absent)
{
	static const char *const fields[] = { "user", "rooms", "expires_at",
		"may", "" };

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		char body[128];
		struct hook_answer a;

		(void)snprintf(
		    body, sizeof body, "{\"x\":1,\"%s\":null}", fields[i]);
		a = read_all(body);
		ck_assert_int_eq(a.status, 200);
		ck_assert_ptr_null(a.identity.user);
		ck_assert_int_eq(a.identity.expires_s, 0);
		ck_assert_int_eq(cJSON_GetArraySize(a.identity.claims), 1);
		hook_answer_fini(&a);
	}
	check_user("{\"a\":null,\"user\":7,\"rooms\":null,"
		   "\"expires_at\":null,\"b\":null}",
	    "7");
}
END_TEST

static void check_expiry(const char *body, int status, int64_t expires_at_s)
{
	struct hook_answer a = read_all(body);

	ck_assert_int_eq(a.status, status);
	ck_assert_int_eq(a.identity.expires_s, expires_at_s);
	hook_answer_fini(&a);
}

START_TEST(test_expiry_is_in_seconds_and_refuses_when_past)
{
	check_expiry("{\"expires_at\":1700000001}", 200, 1700000001);
	check_expiry("{\"expires_at\":1700000099.9}", 200, 1700000099);
	check_expiry("{\"expires_at\":1.8e9}", 200, 1800000000);
	check_expiry("{\"expires_at\":null}", 200, 0);
	check_expiry("{\"expires_at\":1700000000}", 401, 0);
	check_expiry("{\"expires_at\":1700000000.5}", 401, 0);
	check_expiry("{\"expires_at\":0}", 401, 0);
	check_expiry("{\"expires_at\":-1e308}", 401, 0);
}
END_TEST

START_TEST(test_all_else_is_no_answer)
{
	static const char *const bodies[] = {
		"",
		" ",
		"ok",
		"null",
		"true",
		"42",
		"\"user\"",
		"[]",
		"[{\"user\":\"a\"}]",
		"{",
		"{}{}",
		"{} x",
		"{\"user\":\"a\",}",
		"{'user':'a'}",
		"{user:1}",
		"// no\n{}",
		"<html></html>",
		"{\"user\":\"a\",\"user\":\"b\"}",
		"{\"user\":\"a\",\"us\\u0065r\":\"b\"}",
		"{\"user\":\"admin\\u0000x\"}",
		"{\"user\\u0000\":\"admin\"}",
		"{\"user\":\"\\ud800\"}",
		"{\"user\":\"\xff\"}",
		"{\"user\":\"\xc0\xaf\"}",
		"{\"user\":\"a\tb\"}",
		"{\"user\":\"\"}",
		"{\"user\":\"a\\r\\nb\"}",
		"{\"user\":\"\\u007f\"}",
		"{\"user\":\"\\u0085\"}",
		"{\"user\":true}",
		"{\"user\":[\"a\"]}",
		"{\"user\":{}}",
		"{\"user\":1.0}",
		"{\"user\":1e3}",
		"{\"user\":1E3}",
		"{\"user\":01}",
		"{\"user\":+1}",
		"{\"user\":NaN}",
		"{\"rooms\":\"a\"}",
		"{\"rooms\":\"\"}",
		"{\"rooms\":1}",
		"{\"rooms\":true}",
		"{\"rooms\":[1.5]}",
		"{\"rooms\":[9007199254740993]}",
		"{\"rooms\":[true]}",
		"{\"rooms\":[{}]}",
		"{\"rooms\":[\"\"]}",
		"{\"rooms\":[\"a,b\"]}",
		"{\"rooms\":[\"a\",\"b\\n\"]}",
		"{\"rooms\":[[\"a\"]]}",
		"{\"rooms\":[\"a\",null]}",
		"{\"rooms\":{\"a\":\"b\"}}",
		"{\"expires_at\":\"1700000099\"}",
		"{\"expires_at\":\"\"}",
		"{\"expires_at\":true}",
		"{\"expires_at\":[]}",
		"{\"expires_at\":{}}",
		"{\"expires_at\":1767225600000}",
		"{\"expires_at\":1e999}",
	};
	char user[300];

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		check_bad(slice_str(bodies[i]));
	check_bad(slice_of("{}\0", 3));
	(void)snprintf(user, sizeof user, "{\"user\":\"%0256d\"}", 1);
	check_bad(slice_str(user));
	(void)snprintf(user, sizeof user, "{\"user\":1%0255d}", 1);
	check_bad(slice_str(user));
}
END_TEST

START_TEST(test_a_user_of_255_bytes_is_the_longest)
{
	char name[256], body[300];

	(void)snprintf(name, sizeof name, "%0255d", 1);
	(void)snprintf(body, sizeof body, "{\"user\":\"%s\"}", name);
	check_user(body, name);
}
END_TEST

START_TEST(test_deep_and_wide_json_costs_its_length)
{
	char deep[4096], wide[8192] = "{";
	size_t len = 1;

	memset(deep, '[', sizeof deep);
	memcpy(deep, "{\"a\":", 5);
	check_bad(slice_of(deep, sizeof deep));
	for (int i = 0; i < 257; i++)
		len += (size_t)snprintf(wide + len, sizeof wide - len,
		    "%s\"%d\":%d", i ? "," : "", i, i);
	wide[len++] = '}';
	check_bad(slice_of(wide, len));
}
END_TEST

UNIT_MAIN("net/hook_answer", test_an_object_admits_without_a_user,
    test_a_user_is_a_string_or_a_whole_number,
    test_a_long_number_is_not_rounded, test_rooms_are_names,
    test_null_is_absent, test_expiry_is_in_seconds_and_refuses_when_past,
    test_all_else_is_no_answer, test_a_user_of_255_bytes_is_the_longest,
    test_deep_and_wide_json_costs_its_length)
