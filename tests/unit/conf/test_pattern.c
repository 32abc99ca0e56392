/* pattern: which paths match, and what templates are made of. */
#include <errno.h>
#include <string.h>

#include "conf/pattern.h"
#include "unit.h"

/* Split path behind its first '/' as a request's path is split. */
static bool matches(const char *pattern, const char *path)
{
	struct slice segments[64];
	struct pattern p;
	size_t count = 0;
	bool is_match;

	ck_assert_int_eq(pattern_compile(&p, pattern, NULL), 0);
	for (const char *at = path; *at; count++) {
		size_t len = strcspn(at + 1, "/");

		segments[count] = slice_of(at + 1, len);
		at += 1 + len;
	}
	is_match = pattern_match(&p, segments, count);
	pattern_fini(&p);
	return is_match;
}

START_TEST(literals_match_byte_by_byte)
{
	ck_assert(matches("/ws/a", "/ws/a"));
	ck_assert(!matches("/ws/a", "/ws/A"));
	ck_assert(!matches("/ws/a", "/ws/ab"));
	ck_assert(!matches("/ws/a", "/ws"));
	ck_assert(!matches("/ws/a", "/ws/a/b"));
}
END_TEST

START_TEST(a_parameter_matches_any_text_but_none)
{
	ck_assert(matches("/ws/{room}", "/ws/x"));
	ck_assert(matches("/{a}/{b}", "/x/y"));
	ck_assert(!matches("/ws/{room}", "/ws/"));
	ck_assert(!matches("/ws/{room}", "/ws"));
}
END_TEST

START_TEST(a_slash_at_the_end_is_an_empty_segment)
{
	ck_assert(matches("/", "/"));
	ck_assert(matches("/ws/", "/ws/"));
	ck_assert(!matches("/ws/", "/ws"));
	ck_assert(!matches("/ws", "/ws/"));
	ck_assert(!matches("/", "/x"));
}
END_TEST

START_TEST(as_many_segments_as_there_may_be)
{
	char path[2 * PATTERN_MAX_SEGMENTS + 3] = "";
	struct pattern p;

	for (int i = 0; i < PATTERN_MAX_SEGMENTS; i++)
		strcat(path, "/a");
	ck_assert(matches(path, path));
	strcat(path, "/a");
	ck_assert_int_eq(pattern_compile(&p, path, NULL), -EINVAL);
	ck_assert_ptr_null(p.text);
}
END_TEST

static bool is_same(const char *a, const char *b)
{
	struct pattern x, y;
	bool same;

	ck_assert_int_eq(pattern_compile(&x, a, NULL), 0);
	ck_assert_int_eq(pattern_compile(&y, b, NULL), 0);
	same = pattern_is_same(&x, &y);
	pattern_fini(&x);
	pattern_fini(&y);
	return same;
}

START_TEST(patterns_are_the_same_whatever_parameters_are_called)
{
	ck_assert(is_same("/ws/{a}", "/ws/{b}"));
	ck_assert(!is_same("/ws/{a}", "/ws/a"));
	ck_assert(!is_same("/ws/{a}", "/wt/{a}"));
	ck_assert(!is_same("/ws", "/ws/{a}"));
}
END_TEST

START_TEST(a_template_falls_into_its_parts)
{
	struct template t;
	struct pattern p;

	ck_assert_int_eq(pattern_compile(&p, "/x/{a}/{b}", NULL), 0);
	ck_assert_int_eq(
	    template_compile(&t, "pre-{b}{a}-{query.q}", &p, NULL), 0);
	ck_assert_uint_eq(t.part_count, 5);
	ck_assert_int_eq(t.parts[0].source, TEMPLATE_LITERAL);
	ck_assert(slice_eq(t.parts[0].name, slice_str("pre-")));
	ck_assert_int_eq(t.parts[1].source, TEMPLATE_PATH);
	ck_assert_uint_eq(t.parts[1].index, 2);
	ck_assert_int_eq(t.parts[2].source, TEMPLATE_PATH);
	ck_assert_uint_eq(t.parts[2].index, 1);
	ck_assert(slice_eq(t.parts[3].name, slice_str("-")));
	ck_assert_int_eq(t.parts[4].source, TEMPLATE_QUERY);
	ck_assert(slice_eq(t.parts[4].name, slice_str("q")));
	template_fini(&t);
	pattern_fini(&p);
}
END_TEST

START_TEST(a_template_names_the_user_and_claims)
{
	struct template t;
	struct pattern p;

	ck_assert_int_eq(pattern_compile(&p, "/x/{a}", NULL), 0);
	ck_assert_int_eq(
	    template_compile(
		&t, "u-{user}{claim.a.b}{claim.https://x/y}", &p, NULL),
	    0);
	ck_assert_uint_eq(t.part_count, 4);
	ck_assert_int_eq(t.parts[1].source, TEMPLATE_USER);
	ck_assert_int_eq(t.parts[2].source, TEMPLATE_CLAIM);
	ck_assert(slice_eq(t.parts[2].name, slice_str("a.b")));
	ck_assert_int_eq(t.parts[3].source, TEMPLATE_CLAIM);
	ck_assert(slice_eq(t.parts[3].name, slice_str("https://x/y")));
	template_fini(&t);
	pattern_fini(&p);
}
END_TEST

START_TEST(a_template_that_fails_leaves_nothing)
{
	struct template t;
	struct pattern p;
	struct err e;

	ck_assert_int_eq(pattern_compile(&p, "/{room}", NULL), 0);
	ck_assert_int_eq(
	    template_compile(&t, "a{room}b{rom}", &p, &e), -EINVAL);
	ck_assert_str_eq(
	    e.text, "the path has no parameter {rom}; did you mean {room}?");
	ck_assert_ptr_null(t.text);
	ck_assert_ptr_null(t.parts);
	pattern_fini(&p);
}
END_TEST

UNIT_MAIN("conf/pattern", literals_match_byte_by_byte,
    a_parameter_matches_any_text_but_none,
    a_slash_at_the_end_is_an_empty_segment, as_many_segments_as_there_may_be,
    patterns_are_the_same_whatever_parameters_are_called,
    a_template_falls_into_its_parts, a_template_names_the_user_and_claims,
    a_template_that_fails_leaves_nothing)
