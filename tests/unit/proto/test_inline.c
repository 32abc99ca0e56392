/* inline: words, quotes and escapes of commands typed by hand. */
#include <errno.h>
#include <string.h>

#include "proto/inline.h"
#include "unit.h"

enum { MAX_WORDS = 4 };

struct expected {
	const char *line;
	int count;
	const char *words[MAX_WORDS];
};

static int split(const char *line, char *copy, struct slice *words)
{
	size_t len = strlen(line);

	memcpy(copy, line, len);
	return inline_split(copy, len, words, MAX_WORDS);
}

START_TEST(test_lines_split_as_redis_does)
{
	static const struct expected cases[] = {
		{ "", 0, { 0 } },
		{ " \t\r\v ", 0, { 0 } },
		{ "PING", 1, { "PING" } },
		{ "  PING  ", 1, { "PING" } },
		{ "a b\tc\rd", 4, { "a", "b", "c", "d" } },
		{ "PUBLISH c 'hello there'", 3,
		    { "PUBLISH", "c", "hello there" } },
		{ "\"a b\" 'c d'", 2, { "a b", "c d" } },
		{ "\"\" ''", 2, { "", "" } },
		{ "ab\"c d\" e", 2, { "abc d", "e" } },
		{ "ab'c d'", 1, { "abc d" } },
		{ "\"\\n\\r\\t\\b\\a\\\"\\\\\\q\"", 1, { "\n\r\t\b\a\"\\q" } },
		{ "\"\\x41\\x6a\\xfF\"", 1, { "Aj\xff" } },
		{ "\"\\x4\" \"\\xg1\"", 2, { "x4", "xg1" } },
		{ "'it\\'s \\n \\x41'", 1, { "it's \\n \\x41" } },
		{ "\"it's\" 'a\"b'", 2, { "it's", "a\"b" } },
		{ "{\\\"a\\\":1}", -EINVAL, { 0 } },
		{ "a\\b", 1, { "a\\b" } },
		{ "\"abc", -EINVAL, { 0 } },
		{ "'abc", -EINVAL, { 0 } },
		{ "\"abc\\", -EINVAL, { 0 } },
		{ "\"abc\\\"", -EINVAL, { 0 } },
		{ "'abc\\'", -EINVAL, { 0 } },
		{ "\"a\"b", -EINVAL, { 0 } },
		{ "'a''b'", -EINVAL, { 0 } },
		{ "a b c d", 4, { "a", "b", "c", "d" } },
		{ "a b c d e", -E2BIG, { 0 } },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice words[MAX_WORDS];
		char copy[64];
		int count = split(cases[i].line, copy, words);

		ck_assert_msg(count == cases[i].count, "line <%s>: %d",
		    cases[i].line, count);
		for (int w = 0; w < count; w++)
			ck_assert_msg(
			    slice_eq(words[w], slice_str(cases[i].words[w])),
			    "line <%s>: word %d is <%.*s>", cases[i].line, w,
			    (int)words[w].len, words[w].ptr);
	}
}
END_TEST

START_TEST(test_a_nul_is_a_byte_like_any_other)
{
	char line[] = { 'a', '\0', 'b', ' ', '\0' };
	struct slice words[2];

	ck_assert_int_eq(inline_split(line, sizeof line, words, 2), 2);
	ck_assert(slice_eq(words[0], slice_of("a\0b", 3)));
	ck_assert(slice_eq(words[1], slice_of("", 1)));
}
END_TEST

UNIT_MAIN("proto/inline", test_lines_split_as_redis_does,
    test_a_nul_is_a_byte_like_any_other)
