#include <string.h>

#include "sys/pieces.h"
#include "unit.h"

static char letters[] = "abcdefgh";
static struct iovec iov[] = { { letters, 3 }, { letters, 0 },
	{ letters + 3, 1 }, { letters + 4, 4 } };

/* The next len bytes, taken off p. */
static const char *next(struct pieces *p, size_t len)
{
	static char text[16];
	char copy[16];

	memset(text, 0, sizeof text);
	memcpy(text, pieces_first(p, copy, len), len);
	pieces_skip(p, len);
	return text;
}

START_TEST(test_all_come_in_order_however_they_are_cut)
{
	for (size_t len = 1; len <= 8; len++) {
		struct pieces p = pieces_of(iov, 4, 100);
		char all[16] = "";

		ck_assert_uint_eq(p.len, 8);
		while (p.len > 0)
			strcat(all, next(&p, p.len < len ? p.len : len));
		ck_assert_str_eq(all, "abcdefgh");
	}
}
END_TEST

START_TEST(test_only_what_is_spread_is_copied)
{
	struct pieces p = pieces_of(iov, 4, 100);
	char copy[8];

	pieces_skip(&p, 1);
	ck_assert_ptr_eq(
	    pieces_first(&p, copy, 2), (char *)iov[0].iov_base + 1);
	ck_assert_ptr_eq(pieces_first(&p, copy, 3), copy);
	ck_assert_mem_eq(copy, "bcd", 3);
	pieces_skip(&p, 3);
	ck_assert_ptr_eq(pieces_first(&p, copy, 4), iov[3].iov_base);
}
END_TEST

START_TEST(test_there_is_no_more_than_was_asked_for)
{
	struct pieces p = pieces_of(iov, 4, 5);

	ck_assert_uint_eq(p.len, 5);
	ck_assert_str_eq(next(&p, 5), "abcde");
	ck_assert_uint_eq(p.len, 0);
	ck_assert_uint_eq(pieces_of(NULL, 0, 5).len, 0);
}
END_TEST

UNIT_MAIN("sys/pieces", test_all_come_in_order_however_they_are_cut,
    test_only_what_is_spread_is_copied,
    test_there_is_no_more_than_was_asked_for)
