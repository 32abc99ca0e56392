/*
 * glob: see glob.h. Only the last '*' is ever tried again: whatever the ones
 * before it could take instead, it can take as well. That is why one place to
 * go back to is enough, and why many of them cost no more than one.
 */
#include "proto/glob.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The length of the character at text[at], 0 in the middle of one. */
static size_t character_len(struct slice text, size_t at)
{
	size_t len = 1;

	if (is_continuation(text.ptr[at]))
		return 0;
	while (at + len < text.len && is_continuation(text.ptr[at + len]))
		len++;
	return len;
}

/* One element of a pattern that is no '*': '?', \c or c. */
struct element {
	size_t len; /* in the pattern; 0: broken */
	bool is_any;
	char c;
};

static struct element element_at(struct slice pattern, size_t at)
{
	char c = pattern.ptr[at];

	if (c != '\\')
		return (struct element){ 1, c == '?', c };
	if (at + 1 == pattern.len)
		return (struct element){ 0, false, c };
	return (struct element){ 2, false, pattern.ptr[at + 1] };
}

/* How much of the text at this place the element takes; 0: no match. */
static size_t taken_by(struct element e, struct slice text, size_t at)
{
	if (e.len == 0)
		return 0;
	if (e.is_any)
		return character_len(text, at);
	return text.ptr[at] == e.c ? 1 : 0;
}

static bool is_star(struct slice pattern, size_t at)
{
	return at < pattern.len && pattern.ptr[at] == '*';
}

struct place {
	size_t pattern;
	size_t text;
};

/* Go past one element and what it takes. False: it takes nothing. */
static bool step(struct slice pattern, struct slice text, struct place *at)
{
	struct element e;
	size_t taken;

	if (at->pattern == pattern.len)
		return false;
	e = element_at(pattern, at->pattern);
	taken = taken_by(e, text, at->text);
	at->pattern += e.len;
	at->text += taken;
	return taken > 0;
}

bool glob_matches(struct slice pattern, struct slice text, size_t *steps)
{
	struct place at = { 0, 0 }, retry = { 0, 0 }; /* behind the last '*' */
	bool has_star = false;

	if (pattern.len > GLOB_MAX)
		return false;
	while (at.text < text.len) {
		if (*steps == 0)
			return false;
		--*steps;
		if (is_star(pattern, at.pattern)) {
			at.pattern++;
			retry = at;
			has_star = true;
		} else if (!step(pattern, text, &at)) {
			if (!has_star)
				return false;
			retry.text++; /* the '*' takes one byte more */
			at = retry;
		}
	}
	while (is_star(pattern, at.pattern))
		at.pattern++;
	return at.pattern == pattern.len;
}
