/* quantity: numbers with units, in and out. */
#include <errno.h>

#include "conf/quantity.h"
#include "unit.h"

static int64_t parsed(enum quantity kind, const char *text)
{
	int64_t value;
	int rc = quantity_parse(kind, text, &value, NULL);

	return rc < 0 ? rc : value;
}

static void check_printed(enum quantity kind, int64_t value, const char *text)
{
	struct buf out = { 0 };

	quantity_print(kind, value, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, text);
	ck_assert_int_eq(parsed(kind, text), value);
	buf_fini(&out);
}

START_TEST(every_unit_counts)
{
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "3B"), 3);
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "3"), 3);
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "3KiB"), 3072);
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "3MiB"), 3 << 20);
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "3GiB"), 3LL << 30);
	ck_assert_int_eq(parsed(QUANTITY_DURATION, "3ms"), 3);
	ck_assert_int_eq(parsed(QUANTITY_DURATION, "3s"), 3000);
	ck_assert_int_eq(parsed(QUANTITY_DURATION, "3m"), 180000);
	ck_assert_int_eq(parsed(QUANTITY_DURATION, "3h"), 10800000);
	ck_assert_int_eq(parsed(QUANTITY_DURATION, "0"), 0);
	ck_assert_int_eq(parsed(QUANTITY_COUNT, "007"), 7);
}
END_TEST

START_TEST(what_is_no_quantity_is_refused)
{
	ck_assert_int_eq(parsed(QUANTITY_COUNT, ""), -EINVAL);
	ck_assert_int_eq(parsed(QUANTITY_COUNT, "5s"), -EINVAL);
	ck_assert_int_eq(parsed(QUANTITY_COUNT, "+5"), -EINVAL);
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "KiB"), -EINVAL);
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "1kb"), -EINVAL);
	ck_assert_int_eq(parsed(QUANTITY_DURATION, "5"), -EINVAL);
	ck_assert_int_eq(parsed(QUANTITY_DURATION, "1m30s"), -EINVAL);
}
END_TEST

START_TEST(what_overflows_is_out_of_range)
{
	ck_assert_int_eq(
	    parsed(QUANTITY_COUNT, "9223372036854775807"), INT64_MAX);
	ck_assert_int_eq(
	    parsed(QUANTITY_COUNT, "9223372036854775808"), -ERANGE);
	ck_assert_int_eq(parsed(QUANTITY_SIZE, "9007199254740992KiB"), -ERANGE);
}
END_TEST

START_TEST(the_largest_whole_unit_is_printed)
{
	check_printed(QUANTITY_COUNT, 1000, "1000");
	check_printed(QUANTITY_SIZE, 0, "0");
	check_printed(QUANTITY_SIZE, 1023, "1023B");
	check_printed(QUANTITY_SIZE, 1024, "1KiB");
	check_printed(QUANTITY_SIZE, 1536, "1536B");
	check_printed(QUANTITY_SIZE, 1 << 20, "1MiB");
	check_printed(QUANTITY_DURATION, 1500, "1500ms");
	check_printed(QUANTITY_DURATION, 90000, "90s");
	check_printed(QUANTITY_DURATION, 3600000, "1h");
}
END_TEST

UNIT_MAIN("conf/quantity", every_unit_counts, what_is_no_quantity_is_refused,
    what_overflows_is_out_of_range, the_largest_whole_unit_is_printed)
