/* heard: messages taken apart, with ids and without. */
#include "ctl/heard.h"
#include "unit.h"

static void check_parts(bool with_ids, const char *text, const char *id,
    const char *note, const char *payload)
{
	struct heard h = heard_parse(with_ids, true, slice_str(text));

	ck_assert(slice_eq(h.id, slice_str(id)));
	ck_assert(slice_eq(h.note, slice_str(note)));
	ck_assert(slice_eq(h.payload, slice_str(payload)));
}

START_TEST(the_first_line_has_the_id)
{
	check_parts(true, "1-0\nhello\nyou", "1-0", "", "hello\nyou");
	check_parts(true, "\nnot kept", "", "", "not kept");
	check_parts(true, "1-0 at\n", "1-0", "at", "");
	check_parts(true, " welcome\n{}", "", "welcome", "{}");
}
END_TEST

START_TEST(what_has_no_such_line_is_whole)
{
	char longer[600];

	check_parts(false, "1-0\nhello", "", "", "1-0\nhello");
	check_parts(true, "hello", "", "", "hello");
	check_parts(true, "", "", "", "");
	memset(longer, 'x', sizeof longer);
	longer[500] = '\n';
	longer[sizeof longer - 1] = '\0';
	check_parts(true, longer, "", "", longer);
}
END_TEST

static void check_line(void (*put)(const struct heard *, int64_t, struct buf *),
    struct heard h, const char *wanted)
{
	struct buf out = { 0 };

	put(&h, 1764160000123, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, wanted);
	buf_fini(&out);
}

START_TEST(a_line_for_people)
{
	check_line(heard_put_text,
	    heard_parse(false, true, slice_str("hi\x1b")),
	    "2025-11-26T12:26:40.123Z  text  3 B  hi\\x1b\n");
	check_line(heard_put_text, heard_parse(true, true, slice_str("7 at\n")),
	    "2025-11-26T12:26:40.123Z  text  0 B  7  at\n");
	check_line(heard_put_text,
	    heard_parse(true, false, slice_of("\n\0\xff", 3)),
	    "2025-11-26T12:26:40.123Z  binary  2 B  -  \\x00\\xff\n");
}
END_TEST

START_TEST(an_object_for_programs)
{
	check_line(heard_put_json, heard_parse(false, true, slice_str("a\"b")),
	    "{\"time\": \"2025-11-26T12:26:40.123Z\", \"type\": \"text\", "
	    "\"size\": 3, \"text\": \"a\\\"b\"}\n");
	check_line(heard_put_json,
	    heard_parse(true, false, slice_of("7\n\0\xff", 4)),
	    "{\"time\": \"2025-11-26T12:26:40.123Z\", \"type\": \"binary\", "
	    "\"size\": 2, \"id\": \"7\", \"note\": null, "
	    "\"binary\": \"AP8=\"}\n");
	check_line(heard_put_json, heard_parse(false, false, slice_of("", 0)),
	    "{\"time\": \"2025-11-26T12:26:40.123Z\", \"type\": \"binary\", "
	    "\"size\": 0, \"binary\": \"\"}\n");
}
END_TEST

UNIT_MAIN("ctl/heard", the_first_line_has_the_id,
    what_has_no_such_line_is_whole, a_line_for_people, an_object_for_programs)
