/* metrics_json: labels as members of an object. */
#include "base/buf.h"
#include "core/metrics_json.h"
#include "core/metrics_text.h"
#include "proto/json_write.h"
#include "unit.h"

static void check_gives(const char *labels, const char *json)
{
	struct buf out = { 0 };

	json_begin(&out, NULL, '{');
	metrics_add_labels(&out, labels);
	json_end(&out, '}');
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, json);
	buf_fini(&out);
}

START_TEST(labels_become_members)
{
	check_gives("", "{}");
	check_gives("reason=\"full\"", "{\"reason\": \"full\"}");
	check_gives("a=\"b,c=\",d=\"\"", "{\"a\": \"b,c=\", \"d\": \"\"}");
}
END_TEST

START_TEST(what_is_escaped_is_so_again)
{
	struct buf labels = { 0 };

	metrics_put_label(&labels, "a", "q\"b\\n\nn\x01");
	metrics_put_label(&labels, "z", "\\");
	buf_putn(&labels, "", 1);
	check_gives(labels.data,
	    "{\"a\": \"q\\\"b\\\\n\\u000an\\u0001\", \"z\": \"\\\\\"}");
	buf_fini(&labels);
}
END_TEST

START_TEST(rows_of_a_name_are_found)
{
	enum metric first, last;

	metrics_find("roomcast_refused_total", &first, &last);
	ck_assert_int_eq(first, METRIC_REFUSED_REQUEST);
	ck_assert_str_eq(
	    metrics_labels(first), "status=\"400\",reason=\"request\"");
	ck_assert_int_eq(last, METRIC_REFUSED_VERSION);
	metrics_find("roomcast_build_info", &first, &last);
	ck_assert_int_eq(first, last);
}
END_TEST

UNIT_MAIN("core/metrics_json", labels_become_members,
    what_is_escaped_is_so_again, rows_of_a_name_are_found)
