/* admin_params: what a query may say, and what it may not. */
#include <string.h>

#include "net/admin_params.h"
#include "unit.h"

static const char *const known[] = { "room", "limit", NULL };

static struct admin_params p;
static struct err e;

static int read_query(const char *query)
{
	return admin_params_read(&p, slice_str(query), known, &e);
}

static void check_text(const char *name, const char *want)
{
	struct slice value = admin_params_text(&p, name);

	ck_assert_int_eq(value.len, want ? strlen(want) : 0);
	ck_assert(!want || slice_eq(value, slice_str(want)));
}

START_TEST(values_are_decoded)
{
	ck_assert_int_eq(read_query("room=a%2Fb+c%c3%a9&limit=10"), 0);
	check_text("room", "a/b c\xc3\xa9");
	check_text("limit", "10");
}
END_TEST

START_TEST(none_need_be_given)
{
	static const char *const queries[] = { "", "&", "&&&" };

	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		ck_assert_int_eq(read_query(queries[i]), 0);
		check_text("room", NULL);
	}
}
END_TEST

START_TEST(what_is_not_understood_is_refused)
{
	static const struct {
		const char *query, *why;
	} rows[] = { { "x=1", "unknown here; it may have room, limit" },
		{ "rom=1", "mean room?" },
		{ "room=a&room=b", "room is given twice" },
		{ "room", "must not be empty" },
		{ "limit=", "limit must not be empty" },
		{ "room=%zz", "percent-encoded" }, { "room=%ff", "UTF-8" },
		{ "%72oom=a", "unknown here" }, { "=", "unknown here" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_int_lt(read_query(rows[i].query), 0);
		ck_assert_ptr_nonnull(strstr(e.text, rows[i].why));
	}
}
END_TEST

START_TEST(a_query_has_a_bound)
{
	char query[ADMIN_QUERY_MAX + 2];

	memset(query, 'x', sizeof query);
	memcpy(query, "room=", 5);
	query[ADMIN_QUERY_MAX] = '\0';
	ck_assert_int_eq(read_query(query), 0);
	ck_assert_int_eq(
	    admin_params_text(&p, "room").len, ADMIN_QUERY_MAX - 5);
	query[ADMIN_QUERY_MAX] = 'x';
	query[ADMIN_QUERY_MAX + 1] = '\0';
	ck_assert_int_lt(read_query(query), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "longer than"));
}
END_TEST

START_TEST(a_number_has_a_range)
{
	static const struct {
		const char *query;
		int rc;
		uint64_t number;
	} rows[] = { { "", 0, 100 }, { "limit=1", 0, 1 },
		{ "limit=1000", 0, 1000 }, { "limit=0", -1, 0 },
		{ "limit=1001", -1, 0 }, { "limit=-1", -1, 0 },
		{ "limit=1x", -1, 0 }, { "limit=+1", -1, 0 },
		{ "limit=99999999999999999999", -1, 0 } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t number;
		int rc;

		ck_assert_int_eq(read_query(rows[i].query), 0);
		rc = admin_params_number(&p, "limit", 1000, 100, &number, &e);
		ck_assert_int_eq(rc < 0, rows[i].rc < 0);
		if (rc == 0)
			ck_assert_uint_eq(number, rows[i].number);
		else
			ck_assert_str_eq(
			    e.text, "limit must be a whole number, 1 to 1000");
	}
}
END_TEST

UNIT_MAIN("net/admin_params", values_are_decoded, none_need_be_given,
    what_is_not_understood_is_refused, a_query_has_a_bound,
    a_number_has_a_range)
