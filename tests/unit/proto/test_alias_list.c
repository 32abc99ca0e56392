/* alias_list: what a client may say that it was called. */
#include <stdio.h>
#include <string.h>

#include "proto/alias_list.h"
#include "unit.h"

#define LONGEST                            \
	"0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"

/* The names with a '|' behind each; NULL: none of this is taken. */
static const struct {
	const char *raw, *names;
} rows[] = {
	{ "", "" },
	{ "a", "a|" },
	{ "a,b,c,d", "a|b|c|d|" },
	{ "a%2Cb%2cc", "a|b|c|" },
	{ "a,a", "a|a|" },
	{ "a+b,%41~", "a b|A~|" },
	{ LONGEST "," LONGEST, LONGEST "|" LONGEST "|" },
	{ "a,b,c,d,e", NULL },
	{ "a,b,c,d,", NULL },
	{ ",", NULL },
	{ "a,", NULL },
	{ ",a", NULL },
	{ "a,,b", NULL },
	{ LONGEST "x", NULL },
	{ "%", NULL },
	{ "a%0", NULL },
	{ "a%0Ab", NULL },
	{ "a%00", NULL },
	{ "%C3%A9", NULL },
	{ "%7F", NULL },
};

START_TEST(names_are_taken_or_none_is)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct alias_list list;
		char names[512] = "";
		bool is_fine = alias_list_parse(&list, slice_str(rows[i].raw));

		ck_assert_msg(
		    is_fine == (rows[i].names != NULL), "%s", rows[i].raw);
		for (uint32_t k = 0; is_fine && k < list.count; k++)
			(void)snprintf(names + strlen(names),
			    sizeof names - strlen(names), "%.*s|",
			    (int)list.names[k].len, list.names[k].ptr);
		if (is_fine)
			ck_assert_str_eq(names, rows[i].names);
	}
}
END_TEST

START_TEST(what_is_longer_than_any_is_not_looked_at)
{
	static char raw[1 << 16];
	struct alias_list list;

	memset(raw, 'a', sizeof raw);
	ck_assert(!alias_list_parse(&list, slice_of(raw, sizeof raw)));
	ck_assert(!alias_list_parse(&list, slice_of(raw, ALIAS_RAW_MAX)));
}
END_TEST

START_TEST(the_longest_list_fits_with_each_byte_encoded)
{
	char raw[ALIAS_RAW_MAX];
	struct alias_list list;

	for (size_t i = 0; i < ALIAS_TEXT_MAX; i++) {
		bool is_comma =
		    i % (CONNECTION_ID_MAX + 1) == CONNECTION_ID_MAX;

		memcpy(raw + 3 * i, is_comma ? "%2C" : "%61", 3);
	}
	ck_assert(alias_list_parse(&list, slice_of(raw, sizeof raw)));
	ck_assert_uint_eq(list.count, ALIAS_MAX);
	ck_assert_uint_eq(list.names[3].len, CONNECTION_ID_MAX);
}
END_TEST

UNIT_MAIN("proto/alias_list", names_are_taken_or_none_is,
    what_is_longer_than_any_is_not_looked_at,
    the_longest_list_fits_with_each_byte_encoded)
