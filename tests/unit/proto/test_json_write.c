/* json_write: a text as a string of JSON. */
#include "base/buf.h"
#include "proto/json.h"
#include "proto/json_write.h"
#include "unit.h"

START_TEST(a_text_is_spelt_as_json_has_it)
{
	static const struct {
		const char *text, *spelt;
	} rows[] = { { "", "\"\"" }, { "abc", "\"abc\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\x01\x7f", "\"\\u000a\\u0001\\u007f\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "a\xff\xc3", "\"a\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xffz\xc3\xa9", "\"\xef\xbf\xbdz\xc3\xa9\"" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf out = { 0 };

		json_put_string(&out, slice_str(rows[i].text));
		ck_assert(slice_eq(buf_slice(&out), slice_str(rows[i].spelt)));
		buf_fini(&out);
	}
}
END_TEST

START_TEST(every_byte_gives_json)
{
	for (int c = 0; c < 256; c++) {
		const char text[3] = { 'a', (char)c, 'b' };
		struct buf out = { 0 };
		struct json_scan scan;

		json_put_string(&out, slice_of(text, sizeof text));
		scan = (struct json_scan){ out.data, out.data + out.len };
		ck_assert_int_eq(json_skip_value(&scan), 0);
		ck_assert_ptr_eq(scan.at, scan.end);
		buf_fini(&out);
	}
}
END_TEST

START_TEST(members_stand_between_commas)
{
	struct buf out = { 0 };

	json_begin(&out, NULL, '{');
	json_add_text(&out, "a", slice_str("[{"));
	json_add_int(&out, "b", -7);
	json_begin(&out, "c", '[');
	json_add_bool(&out, NULL, true);
	json_begin(&out, NULL, '{');
	json_end(&out, '}');
	json_add_null(&out, NULL);
	json_end(&out, ']');
	json_add_tenths(&out, "d", 1234);
	json_end(&out, '}');
	ck_assert(slice_eq(buf_slice(&out),
	    slice_str("{\"a\": \"[{\", \"b\": -7, "
		      "\"c\": [true, {}, null], \"d\": 123.4}")));
	buf_fini(&out);
}
END_TEST

UNIT_MAIN("proto/json_write", a_text_is_spelt_as_json_has_it,
    every_byte_gives_json, members_stand_between_commas)
