/* names: what may name a room, a user and a claim. */
#include <string.h>

#include "proto/names.h"
#include "unit.h"

static bool may_name(const char *text)
{
	return room_name_is_valid(slice_str(text));
}

START_TEST(ordinary_names_may_name_rooms)
{
	ck_assert(may_name("a"));
	ck_assert(may_name("chat-1"));
	ck_assert(may_name("with blanks and {signs}*?\"\\/"));
	ck_assert(may_name("\xc2\xa0"));
	ck_assert(may_name("kuchy\xc5\x88 \xf0\x9f\x98\x80"));
}
END_TEST

START_TEST(names_with_controls_commas_or_bad_utf8_may_not)
{
	ck_assert(!may_name(""));
	ck_assert(!may_name("a,b"));
	ck_assert(!may_name("a\nb"));
	ck_assert(!may_name("\x1f"));
	ck_assert(!may_name("\x7f"));
	ck_assert(!may_name("\xc2\x80"));
	ck_assert(!may_name("a\xc2\x9f"));
	ck_assert(!may_name("a\xc2"));
	ck_assert(!may_name("\xed\xa0\x80"));
	ck_assert(!room_name_is_valid(slice_of("a\0b", 3)));
	ck_assert(!room_name_is_valid(slice_of(NULL, 0)));
}
END_TEST

START_TEST(a_name_has_at_most_255_bytes)
{
	char name[257];

	memset(name, 'n', sizeof name);
	ck_assert(room_name_is_valid(slice_of(name, ROOM_NAME_MAX)));
	ck_assert(!room_name_is_valid(slice_of(name, ROOM_NAME_MAX + 1)));
}
END_TEST

START_TEST(a_user_may_be_named_as_a_room_and_with_commas)
{
	char name[257];

	ck_assert(user_name_is_valid(slice_str("Doe, Jane")));
	ck_assert(user_name_is_valid(slice_str(",")));
	ck_assert(!user_name_is_valid(slice_str("a\x01")));
	ck_assert(!user_name_is_valid(slice_str("\xc2\x85")));
	ck_assert(!user_name_is_valid(slice_str("\xff")));
	ck_assert(!user_name_is_valid(slice_of("a\0b", 3)));
	ck_assert(!user_name_is_valid(slice_of(NULL, 0)));
	memset(name, 'n', sizeof name);
	ck_assert(user_name_is_valid(slice_of(name, USER_NAME_MAX)));
	ck_assert(!user_name_is_valid(slice_of(name, USER_NAME_MAX + 1)));
}
END_TEST

START_TEST(a_claim_has_a_name_that_needs_no_quotes)
{
	ck_assert(claim_name_is_valid(slice_str("rooms")));
	ck_assert(claim_name_is_valid(slice_str("https://x/y-z_1")));
	ck_assert(!claim_name_is_valid(slice_str("")));
	ck_assert(!claim_name_is_valid(slice_str("a b")));
	ck_assert(!claim_name_is_valid(slice_str("a{b")));
}
END_TEST

START_TEST(a_query_parameter_has_a_name_that_needs_no_escapes)
{
	ck_assert(query_name_is_valid(slice_str("a_b.c-1")));
	ck_assert(!query_name_is_valid(slice_str("")));
	ck_assert(!query_name_is_valid(slice_str("a:b")));
	ck_assert(!query_name_is_valid(slice_str("a/b")));
	ck_assert(!query_name_is_valid(slice_of("a\0", 2)));
}
END_TEST

UNIT_MAIN("proto/names", ordinary_names_may_name_rooms,
    names_with_controls_commas_or_bad_utf8_may_not,
    a_name_has_at_most_255_bytes, a_user_may_be_named_as_a_room_and_with_commas,
    a_claim_has_a_name_that_needs_no_quotes,
    a_query_parameter_has_a_name_that_needs_no_escapes)
