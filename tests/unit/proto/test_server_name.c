/* server_name: one host name, and nothing else in the extension. */
#include "proto/server_name.h"
#include "unit.h"

#define NAME_OF(literal) server_name_of(slice_of(literal, sizeof(literal) - 1))

START_TEST(a_name_is_found)
{
	struct slice name = NAME_OF("\0\x09\0\0\6a.test");

	ck_assert(slice_eq(name, slice_str("a.test")));
	ck_assert(slice_eq(NAME_OF("\0\4\0\0\1a"), slice_str("a")));
}
END_TEST

START_TEST(whatever_else_it_is_has_no_name)
{
	ck_assert_uint_eq(server_name_of((struct slice){ 0 }).len, 0);
	ck_assert_uint_eq(NAME_OF("").len, 0);
	ck_assert_uint_eq(NAME_OF("\0").len, 0);
	ck_assert_uint_eq(NAME_OF("\0\0").len, 0);
	ck_assert_uint_eq(NAME_OF("\0\3\0\0\0").len, 0);
	/* cut short, too long, of another type, a second one */
	ck_assert_uint_eq(NAME_OF("\0\x09\0\0\6a.tes").len, 0);
	ck_assert_uint_eq(NAME_OF("\0\x09\0\0\7a.test").len, 0);
	ck_assert_uint_eq(NAME_OF("\0\x08\0\0\6a.test").len, 0);
	ck_assert_uint_eq(NAME_OF("\0\x09\1\0\6a.test").len, 0);
	ck_assert_uint_eq(NAME_OF("\0\x08\0\0\1a\0\0\1b").len, 0);
}
END_TEST

UNIT_MAIN("proto/server_name", a_name_is_found, whatever_else_it_is_has_no_name)
