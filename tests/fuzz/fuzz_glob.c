/*
 * A pattern, a NUL byte and a text: the verdict is that of a table with one
 * cell for each place in both, which cannot be clever.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 512 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Where the character at this place ends; the place itself inside of one. */
static size_t character_end(struct slice text, size_t at)
{
	size_t end = at + 1;

	if (is_continuation(text.ptr[at]))
		return at;
	while (end < text.len && is_continuation(text.ptr[end]))
		end++;
	return end;
}

/* From the end: does the pattern from p on match the text from t on? */
static bool expected(struct slice pattern, struct slice text)
{
	static bool cells[GLOB_MAX + 2][TEXT_MAX + 2];

	memset(cells, 0, sizeof cells);
	cells[pattern.len][text.len] = true;
	for (size_t p = pattern.len; p-- > 0;) {
		char c = pattern.ptr[p];
		bool is_escape = c == '\\' && p + 1 < pattern.len;
		char literal = is_escape ? pattern.ptr[p + 1] : c;
		size_t next = p + 1 + is_escape;

		for (size_t t = text.len + 1; t-- > 0;) {
			if (c == '*')
				cells[p][t] = cells[p + 1][t] ||
					      (t < text.len && cells[p][t + 1]);
			else if (t == text.len || (c == '\\' && !is_escape))
				cells[p][t] = false;
			else if (c == '?')
				cells[p][t] =
				    character_end(text, t) > t &&
				    cells[p + 1][character_end(text, t)];
			else
				cells[p][t] = text.ptr[t] == literal &&
					      cells[next][t + 1];
		}
	}
	return cells[0][0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of((const char *)data, size);
	const char *nul = size ? memchr(data, '\0', size) : NULL;
	size_t len = nul ? (size_t)(nul - all.ptr) : 0;
	struct slice pattern = slice_of(all.ptr, len);
	struct slice text = slice_after(all, nul ? len + 1 : 0);
	size_t steps = SIZE_MAX;

	if (len > GLOB_MAX || text.len > TEXT_MAX) {
		must(len <= GLOB_MAX || !glob_matches(pattern, text, &steps));
		return 0;
	}
	must(glob_matches(pattern, text, &steps) == expected(pattern, text));
	return 0;
}
