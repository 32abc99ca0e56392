/* When something is said of a certificate, to the second. */
#include "net/certificates.h"
#include "unit.h"

enum { DAY_S = 86400 };

static const struct tls_dates dates = { 1000 * DAY_S, 1090 * DAY_S };

static const char *at(int64_t now_s)
{
	const char *warning = certificates_warning(&dates, now_s);

	return warning ? warning : "";
}

START_TEST(test_within_its_dates_and_not_soon_over)
{
	ck_assert_str_eq(at(dates.begin_s), "");
	ck_assert_str_eq(at(dates.end_s - 30 * DAY_S), "");
}
END_TEST

START_TEST(test_from_thirty_days_before_to_its_last_second)
{
	const char *soon = "the certificate expires soon";

	ck_assert_str_eq(at(dates.end_s - 30 * DAY_S + 1), soon);
	ck_assert_str_eq(at(dates.end_s), soon);
}
END_TEST

START_TEST(test_before_and_after_its_dates)
{
	ck_assert_str_eq(
	    at(dates.begin_s - 1), "the certificate is not valid yet");
	ck_assert_str_eq(at(dates.end_s + 1), "the certificate has expired");
}
END_TEST

START_TEST(test_a_note_has_file_and_dates)
{
	struct buf out = { 0 };

	certificates_note("a.pem", &dates, dates.begin_s, &out);
	ck_assert_uint_eq(out.len, 0);
	certificates_note("a.pem", &dates, dates.end_s + 1, &out);
	ck_assert_str_eq(out.data,
	    "a.pem: the certificate has expired (valid from "
	    "1972-09-27T00:00:00Z to 1972-12-26T00:00:00Z)\n");
	buf_fini(&out);
}
END_TEST

UNIT_MAIN("net/certificates", test_within_its_dates_and_not_soon_over,
    test_from_thirty_days_before_to_its_last_second,
    test_before_and_after_its_dates, test_a_note_has_file_and_dates)
