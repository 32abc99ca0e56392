#include "base/buf.h"
#include "core/metrics_labels.h"
#include "unit.h"

#define CHECK(want, ...)                                                    \
	do {                                                                \
		const char *const rows[] = { __VA_ARGS__ };                 \
		struct buf out = { 0 };                                     \
		metrics_labels_put(rows, sizeof rows / sizeof *rows, &out); \
		buf_putn(&out, "", 1);                                      \
		ck_assert_str_eq(out.data, want);                           \
		buf_fini(&out);                                             \
	} while (0)

START_TEST(a_label_with_its_values)
{
	CHECK("`reason`: other stream, closed<br>", "reason=\"other stream\"",
	    "reason=\"closed\"");
}
END_TEST

START_TEST(two_labels_of_which_each_goes_with_each)
{
	CHECK("`place`: a, b<br>`reason`: x, y<br>", "place=\"a\",reason=\"x\"",
	    "place=\"a\",reason=\"y\"", "place=\"b\",reason=\"x\"",
	    "place=\"b\",reason=\"y\"");
}
END_TEST

START_TEST(two_labels_of_which_some_go_with_some)
{
	CHECK("`status=\"400\"`, `reason`: x, y<br>"
	      "`status=\"403\"`, `reason`: x<br>"
	      "`status=\"404\"`, `reason`: `\"\"`<br>",
	    "status=\"400\",reason=\"x\"", "status=\"403\",reason=\"x\"",
	    "status=\"400\",reason=\"y\"", "status=\"404\",reason=\"\"");
}
END_TEST

UNIT_MAIN("core/metrics_labels", a_label_with_its_values,
    two_labels_of_which_each_goes_with_each,
    two_labels_of_which_some_go_with_some)
