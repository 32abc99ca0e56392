/* http_query: percent-encoding, and the parameters of a query. */
#include <errno.h>
#include <string.h>

#include "corpus.h"
#include "proto/http_query.h"
#include "unit.h"

START_TEST(percent_encoding_is_decoded_once)
{
	static const struct {
		const char *raw, *plain, *plus;
	} rows[] = { { "", "", "" }, { "abc", "abc", "abc" },
		{ "a%20b", "a b", "a b" }, { "a+b", "a+b", "a b" },
		{ "%2B", "+", "+" }, { "%2f%2F", "//", "//" },
		{ "%2525", "%25", "%25" }, { "%c3%A9", "\xc3\xa9", "\xc3\xa9" },
		{ "%", NULL, NULL }, { "%4", NULL, NULL },
		{ "a%4", NULL, NULL }, { "%zz", NULL, NULL },
		{ "%4g", NULL, NULL }, { "%-1", NULL, NULL },
		{ "%%41", NULL, NULL }, { "% 1", NULL, NULL } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slice raw = slice_str(rows[i].raw);
		char *copy = exact_copy(raw);
		char *out = malloc(raw.len + 1);

		for (int plus = 0; plus < 2; plus++) {
			const char *want = plus ? rows[i].plus : rows[i].plain;
			long len = http_percent_decode(
			    slice_of(copy, raw.len), plus, out);

			ck_assert_int_eq(
			    len, want ? (long)strlen(want) : -EINVAL);
			if (want)
				ck_assert_mem_eq(out, want, strlen(want));
		}
		free(copy);
		free(out);
	}
}
END_TEST

START_TEST(an_escaped_nul_is_decoded_for_the_caller_to_judge)
{
	char out[5];

	ck_assert_int_eq(
	    http_percent_decode(slice_str("a%00b"), false, out), 3);
	ck_assert_mem_eq(out, "a\0b", 3);
}
END_TEST

START_TEST(query_parameters_are_found_by_their_decoded_name)
{
	static const struct {
		const char *query, *name, *value;
		size_t count;
	} rows[] = { { "room=a", "room", "a", 1 },
		{ "x=1&room=a%20b&y=2", "room", "a%20b", 1 },
		{ "r%6fom=a", "room", "a", 1 }, { "a+b=1", "a b", "1", 1 },
		{ "a%20b=1", "a b", "1", 1 },
		{ "room=a&room=b", "room", "a", 2 }, { "room=", "room", "", 1 },
		{ "room", "room", "", 1 }, { "room=a=b", "room", "a=b", 1 },
		{ "&&room=a&", "room", "a", 1 }, { "", "room", NULL, 0 },
		{ "rooms=a", "room", NULL, 0 }, { "roo=a", "room", NULL, 0 },
		{ "Room=a", "room", NULL, 0 }, { "r%6oom=a", "room", NULL, 0 },
		{ "room%00=a", "room", NULL, 0 },
		{ "room%=a", "room", NULL, 0 }, { "x=room=a", "room", NULL, 0 },
		{ "room;x=a", "room", NULL, 0 } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slice query = slice_str(rows[i].query);
		char *copy = exact_copy(query);
		struct slice raw = slice_of(NULL, 0);
		size_t count = 99;
		bool found = http_query_find(
		    slice_of(copy, query.len), rows[i].name, &raw, &count);

		ck_assert_int_eq(found, rows[i].value != NULL);
		ck_assert_uint_eq(count, rows[i].count);
		ck_assert(slice_eq(raw, slice_str(rows[i].value)));
		free(copy);
	}
}
END_TEST

UNIT_MAIN("proto/http_query", percent_encoding_is_decoded_once,
    an_escaped_nul_is_decoded_for_the_caller_to_judge,
    query_parameters_are_found_by_their_decoded_name)
