/*
 * inline: a small scanner that reads ahead of where it writes. Decoding never
 * makes a word longer, so the decoded words fit into the line they come from.
 */
#include "proto/inline.h"

#include <errno.h>
#include <stdbool.h>

#include "base/ascii.h"

struct scan {
	const char *at; /* the next byte to read */
	const char *end;
	char *out; /* where the next decoded byte goes; never beyond at */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char named_escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'a':
		return '\a';
	default:
		return c;
	}
}

/* Decode what follows a backslash within double quotes. */
static void take_escape(struct scan *s)
{
	if (s->end - s->at >= 3 && s->at[0] == 'x' &&
	    ascii_hex(s->at[1]) >= 0 && ascii_hex(s->at[2]) >= 0) {
		*s->out++ =
		    (char)(ascii_hex(s->at[1]) * 16 + ascii_hex(s->at[2]));
		s->at += 3;
		return;
	}
	*s->out++ = named_escape(*s->at++);
}

/* Decode up to the closing quote; only white space or the end may follow. */
static int take_quoted(struct scan *s, char quote)
{
	while (s->at < s->end) {
		char c = *s->at++;

		if (c == quote) {
			bool is_word_end = s->at == s->end || is_space(*s->at);

			return is_word_end ? 0 : -EINVAL;
		}
		if (c == '\\' && quote == '"' && s->at < s->end)
			take_escape(s);
		else if (c == '\\' && quote == '\'' && s->at < s->end &&
			 *s->at == '\'')
			*s->out++ = *s->at++;
		else
			*s->out++ = c;
	}
	return -EINVAL;
}

static int take_word(struct scan *s)
{
	while (s->at < s->end && !is_space(*s->at)) {
		char c = *s->at++;

		if (c == '"' || c == '\'')
			return take_quoted(s, c);
		*s->out++ = c;
	}
	return 0;
}

int inline_split(char *line, size_t len, struct slice *words, size_t max)
{
	struct scan s = { .at = line, .end = line + len, .out = line };
	size_t count = 0;

	for (;;) {
		const char *start = s.out;
		int rc;

		while (s.at < s.end && is_space(*s.at))
			s.at++;
		if (s.at == s.end)
			return (int)count;
		if (count == max)
			return -E2BIG;
		rc = take_word(&s);
		if (rc < 0)
			return rc;
		words[count++] = slice_of(start, (size_t)(s.out - start));
	}
}
