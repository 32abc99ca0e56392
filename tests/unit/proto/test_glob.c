/*
 * glob: by example, and random ones against a matcher that is right by
 * looking: it tries everything.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../base/rng.h"
#include "proto/glob.h"
#include "unit.h"

static bool matches(struct slice pattern, struct slice text)
{
	size_t steps = SIZE_MAX;

	return glob_matches(pattern, text, &steps);
}

static void check(const char *pattern, const char *text, bool expected)
{
	ck_assert_msg(matches(slice_str(pattern), slice_str(text)) == expected,
	    "'%s' and '%s'", pattern, text);
}

START_TEST(plain_text_matches_itself_only)
{
	check("lobby", "lobby", true);
	check("lobby", "lobb", false);
	check("lobby", "lobbyy", false);
	check("lobby", "Lobby", false);
	check("", "", true);
	check("", "a", false);
	check("a", "", false);
	check("[ab]{c,d}+^$.", "[ab]{c,d}+^$.", true);
	check("[ab]", "a", false);
}
END_TEST

START_TEST(a_star_is_any_run_of_bytes)
{
	check("*", "", true);
	check("*", "a:b/c.d", true);
	check("org:*", "org:", true);
	check("org:*", "org:1/team:2", true);
	check("org:*", "orgs:1", false);
	check("*:1", "org:1", true);
	check("*:1", "org:11", false);
	check("a*b*c", "a-b-b-c", true);
	check("a*b*c", "a-c-b", false);
	check("a**c", "abc", true);
	check("***", "abc", true);
	check("*a", "aaab", false);
	check("*ab*", "aab", true);
	check("*\xc3\xa9*", "caf\xc3\xa9s", true);
}
END_TEST

START_TEST(a_question_mark_is_one_character)
{
	check("?", "a", true);
	check("?", "", false);
	check("?", "ab", false);
	check("?", "\xc3\xa9", true);
	check("?", "\xe2\x82\xac", true);
	check("?", "\xf0\x9f\x98\x80", true);
	check("??", "\xc3\xa9", false);
	check("??", "\xc3\xa9z", true);
	check("*??", "\xc3\xa9", false);
	check("?*?", "\xc3\xa9", false);
	check("*?\xa9", "\xc3\xa9", false);
	check("caf?-*", "caf\xc3\xa9-1", true);
}
END_TEST

START_TEST(a_backslash_takes_the_meaning_from_what_follows)
{
	check("\\*", "*", true);
	check("\\*", "a", false);
	check("\\?", "?", true);
	check("\\?", "a", false);
	check("\\\\", "\\", true);
	check("\\a", "a", true);
	check("\\\xc3\xa9", "\xc3\xa9", true);
	check("a\\*b*", "a*bcd", true);
	check("*\\**", "x*y", true);
	check("*\\**", "xy", false);
}
END_TEST

START_TEST(a_lone_backslash_at_the_end_matches_nothing)
{
	check("\\", "", false);
	check("\\", "\\", false);
	check("a\\", "a", false);
	check("a\\", "a\\", false);
	check("*\\", "anything", false);
	check("*\\", "", false);
	check("a\\\\\\", "a\\", false);
}
END_TEST

START_TEST(a_pattern_has_at_most_512_bytes)
{
	char stars[GLOB_MAX + 1];

	memset(stars, '*', sizeof stars);
	ck_assert(matches(slice_of(stars, GLOB_MAX), slice_str("a")));
	ck_assert(!matches(slice_of(stars, GLOB_MAX + 1), slice_str("a")));
}
END_TEST

/* Takes longer than the test may if it tries every split. */
START_TEST(many_stars_cost_no_more_than_one)
{
	char pattern[GLOB_MAX], text[4096];

	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof pattern - 1] = 'b';
	memset(text, 'a', sizeof text);
	for (int i = 0; i < 100; i++)
		ck_assert(!matches(slice_of(pattern, sizeof pattern),
		    slice_of(text, sizeof text)));
}
END_TEST

START_TEST(steps_are_taken_off_until_there_are_none)
{
	size_t steps = 100;

	ck_assert(glob_matches(slice_str("a*c"), slice_str("abc"), &steps));
	ck_assert_uint_lt(steps, 100);
	ck_assert_uint_gt(steps, 90);
	steps = 2;
	ck_assert(!glob_matches(slice_str("a*c"), slice_str("abc"), &steps));
	ck_assert_uint_eq(steps, 0);
}
END_TEST

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static struct slice behind_character(struct slice s)
{
	do
		s = slice_after(s, 1);
	while (s.len > 0 && is_continuation(s.ptr[0]));
	return s;
}

/* By the definition, with all it costs. */
static bool matches_slowly(struct slice pattern, struct slice text)
{
	struct slice p = slice_after(pattern, pattern.len > 0);

	if (pattern.len == 0)
		return text.len == 0;
	if (pattern.ptr[0] == '*')
		return matches_slowly(p, text) ||
		       (text.len > 0 &&
			   matches_slowly(pattern, slice_after(text, 1)));
	if (text.len == 0 || (pattern.ptr[0] == '\\' && p.len == 0))
		return false;
	if (pattern.ptr[0] == '?')
		return !is_continuation(text.ptr[0]) &&
		       matches_slowly(p, behind_character(text));
	if (pattern.ptr[0] == '\\') {
		pattern = p;
		p = slice_after(p, 1);
	}
	return pattern.ptr[0] == text.ptr[0] &&
	       matches_slowly(p, slice_after(text, 1));
}

static struct slice random_text(
    uint64_t *seed, const char *const *parts, size_t count, char *out)
{
	size_t len = 0;

	for (uint64_t i = rng_below(seed, 9); i > 0; i--) {
		const char *part = parts[rng_below(seed, count)];

		memcpy(out + len, part, strlen(part));
		len += strlen(part);
	}
	return slice_of(out, len);
}

START_TEST(random_patterns_agree_with_the_definition)
{
	static const char *const in_pattern[] = { "*", "?", "\\", "a", "b",
		"\xc3\xa9", "*", "a" };
	static const char *const in_text[] = { "a", "b", "\xc3\xa9", "*", "\\",
		"a" };
	uint64_t seed = 1;
	unsigned matched = 0;

	for (int i = 0; i < 200000; i++) {
		char pattern[32], text[32];
		struct slice p = random_text(&seed, in_pattern, 8, pattern);
		struct slice t = random_text(&seed, in_text, 6, text);
		bool expected = matches_slowly(p, t);

		ck_assert_msg(matches(p, t) == expected, "'%.*s' and '%.*s'",
		    (int)p.len, pattern, (int)t.len, text);
		matched += expected;
	}
	ck_assert_uint_gt(matched, 10000);
}
END_TEST

UNIT_MAIN("proto/glob", plain_text_matches_itself_only,
    a_star_is_any_run_of_bytes, a_question_mark_is_one_character,
    a_backslash_takes_the_meaning_from_what_follows,
    a_lone_backslash_at_the_end_matches_nothing,
    a_pattern_has_at_most_512_bytes, many_stars_cost_no_more_than_one,
    steps_are_taken_off_until_there_are_none,
    random_patterns_agree_with_the_definition)
