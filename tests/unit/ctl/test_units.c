/* units: numbers as people read them. */
#include "ctl/units.h"
#include "unit.h"

static void check(
    void (*put)(struct buf *, uint64_t), uint64_t number, const char *text)
{
	struct buf out = { 0 };

	put(&out, number);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, text);
	buf_fini(&out);
}

START_TEST(bytes_have_two_digits_or_more)
{
	check(units_bytes, 0, "0 B");
	check(units_bytes, 1023, "1023 B");
	check(units_bytes, 1024, "1.0 KiB");
	check(units_bytes, 1536, "1.5 KiB");
	check(units_bytes, 10 * 1024, "10 KiB");
	check(units_bytes, 1023 * 1024, "1023 KiB");
	check(units_bytes, 1 << 20, "1.0 MiB");
	check(units_bytes, 12 << 20, "12 MiB");
	check(units_bytes, UINT64_MAX, "16 EiB");
}
END_TEST

START_TEST(times_have_two_units_at_most)
{
	check(units_time, 0, "0 ms");
	check(units_time, 999, "999 ms");
	check(units_time, 7120, "7.1 s");
	check(units_time, 59999, "59.9 s");
	check(units_time, 125000, "2m05s");
	check(units_time, 3600 * 3 * 1000 + 240 * 1000, "3h04m");
	check(units_time, 86400ULL * 1000 * 5 + 7200 * 1000, "5d02h");
}
END_TEST

START_TEST(counts_have_commas)
{
	check(units_count, 0, "0");
	check(units_count, 999, "999");
	check(units_count, 1000, "1,000");
	check(units_count, 12345678, "12,345,678");
	check(units_count, 1000001, "1,000,001");
}
END_TEST

UNIT_MAIN("ctl/units", bytes_have_two_digits_or_more,
    times_have_two_units_at_most, counts_have_commas)
