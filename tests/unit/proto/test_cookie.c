/*
 * cookie: pairs as browsers send them, and as attackers would.
 */
#include <string.h>

#include "corpus.h"
#include "proto/cookie.h"
#include "unit.h"

/* The pairs as "name=value|name=value|", so that a row reads at a glance. */
static const struct {
	const char *header;
	const char *pairs;
} rows[] = {
	{ "a=1", "a=1|" },
	{ "a=1; b=2", "a=1|b=2|" },
	{ "a=1;b=2;", "a=1|b=2|" },
	{ "a=1;  b=2 ;\tc=3", "a=1|b=2|c=3|" },
	{ " a = 1 ", "a=1|" },
	{ "a=", "a=|" },
	{ "a=\"1\"", "a=1|" },
	{ "a=\"\"", "a=|" },
	{ "a=\"", "a=\"|" },
	{ "a=\"1", "a=\"1|" },
	{ "a=1\"", "a=1\"|" },
	{ "a=\"1;b=2\"", "a=\"1|b=2\"|" },
	{ "a=\"\\\"1\"", "a=\\\"1|" },
	{ "a=b=c==", "a=b=c==|" },
	{ "a=1 2", "a=1 2|" },
	{ "a=%31", "a=%31|" },
	{ "a=1, b=2", "a=1, b=2|" },
	{ "A=1; a=2", "A=1|a=2|" },
	{ "a=1; a=2", "a=1|a=2|" },
	{ "a", "" },
	{ "a; b=2", "b=2|" },
	{ "=1; b=2", "b=2|" },
	{ "=a=1; b=2", "b=2|" },
	{ " =; b=2", "b=2|" },
	{ "", "" },
	{ ";", "" },
	{ "; ;;", "" },
	{ "=", "" },
	{ "==", "" },
	{ "a=\xff\x80", "a=\xff\x80|" },
	{ "__Host-a=1", "__Host-a=1|" },
	{ "a =1;b= 2", "a=1|b=2|" },
};

static void list_pairs(struct slice header, char *out)
{
	struct slice name, value;

	while (cookie_next(&header, &name, &value)) {
		memcpy(out, name.ptr, name.len);
		out += name.len;
		*out++ = '=';
		if (value.len > 0)
			memcpy(out, value.ptr, value.len);
		out += value.len;
		*out++ = '|';
	}
	*out = '\0';
}

START_TEST(pairs_come_in_order)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slice header = slice_str(rows[i].header);
		char *copy = exact_copy(header);
		char pairs[256];

		list_pairs(slice_of(copy, header.len), pairs);
		ck_assert_str_eq(pairs, rows[i].pairs);
		free(copy);
	}
}
END_TEST

START_TEST(nothing_has_no_pairs)
{
	struct slice header = slice_of(NULL, 0);
	struct slice name, value;

	ck_assert(!cookie_next(&header, &name, &value));
}
END_TEST

UNIT_MAIN("proto/cookie", pairs_come_in_order, nothing_has_no_pairs)
