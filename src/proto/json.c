/*
 * json: the scanner. Open brackets are kept in an array of JSON_DEPTH_MAX
 * bytes in place of the call stack; strings, which are most of any text, are
 * passed sixteen bytes at a time.
 */
#include "proto/json.h"

#include <errno.h>
#include <string.h>

#include "base/ascii.h"
#include "base/bytes16.h"

/* The brackets that are open, as the character that will close each. */
struct nest {
	size_t depth;
	char closers[JSON_DEPTH_MAX];
};

/* The result of a step of json_skip_value, unless it is a negative errno. */
enum step { STEP_WHOLE, STEP_WANTS_VALUE };

bool json_is_value_start(const struct json_scan *s)
{
	if (s->at == s->end)
		return false;
	switch (*s->at) {
	case '{':
	case '[':
	case '"':
	case '-':
	case 't':
	case 'f':
	case 'n':
		return true;
	default:
		return ascii_is_digit(*s->at);
	}
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* 0xff for each of the bytes that is not. */
static bytes16 mark_special(bytes16 bytes)
{
	return (bytes16)((bytes < bytes16_each(0x20)) |
			 (bytes == bytes16_each('"')) |
			 (bytes == bytes16_each('\\')));
}

/* The end of the bytes, inside a string, that mean themselves. */
static const char *plain_end(const char *p, const char *end)
{
	for (; (size_t)(end - p) >= sizeof(bytes16); p += sizeof(bytes16)) {
		unsigned plain = bytes16_first(mark_special(bytes16_load(p)));

		if (plain < sizeof(bytes16))
			return p + plain;
	}
	while (p < end && is_plain(*p))
		p++;
	return p;
}

/* Pass an escape; s->at is at its backslash. */
static int skip_escape(struct json_scan *s)
{
	s->at++;
	if (s->at == s->end || *s->at == '\0' || !strchr("\"\\/bfnrtu", *s->at))
		return -EINVAL;
	if (*s->at++ != 'u')
		return 0;
	for (int i = 0; i < 4; i++, s->at++)
		if (s->at == s->end || ascii_hex(*s->at) < 0)
			return -EINVAL;
	return 0;
}

int json_string(struct json_scan *s, struct slice *raw, bool *has_escapes)
{
	const char *start;

	*has_escapes = false;
	if (s->at == s->end || *s->at != '"')
		return -EINVAL;
	start = s->at + 1;
	s->at = plain_end(start, s->end);
	while (s->at < s->end && *s->at == '\\') {
		*has_escapes = true;
		if (skip_escape(s) < 0)
			return -EINVAL;
		s->at = plain_end(s->at, s->end);
	}
	if (s->at == s->end || *s->at != '"')
		return -EINVAL;
	*raw = slice_of(start, (size_t)(s->at - start));
	s->at++;
	return 0;
}

/* Pass digits, at least one. */
static int skip_digits(struct json_scan *s)
{
	if (s->at == s->end || !ascii_is_digit(*s->at))
		return -EINVAL;
	while (s->at < s->end && ascii_is_digit(*s->at))
		s->at++;
	return 0;
}

/* Pass a number, by the grammar only: its value is nobody's business here. */
static int skip_number(struct json_scan *s)
{
	if (*s->at == '-')
		s->at++;
	if (s->at < s->end && *s->at == '0')
		s->at++; /* a digit behind it is for the caller to refuse */
	else if (skip_digits(s) < 0)
		return -EINVAL;
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (skip_digits(s) < 0)
			return -EINVAL;
	}
	if (s->at == s->end || (*s->at != 'e' && *s->at != 'E'))
		return 0;
	s->at++;
	if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
		s->at++;
	return skip_digits(s);
}

bool json_is_whole(struct slice number)
{
	for (size_t i = 0; i < number.len; i++)
		if (!ascii_is_digit(number.ptr[i]) && number.ptr[i] != '-')
			return false;
	return number.len > 0;
}

static int skip_word(struct json_scan *s, const char *word)
{
	for (; *word; word++, s->at++)
		if (s->at == s->end || *s->at != *word)
			return -EINVAL;
	return 0;
}

/* Pass a member's name and the colon behind it. */
static int skip_name(struct json_scan *s)
{
	struct slice raw;
	bool has_escapes;

	json_skip_space(s);
	if (json_string(s, &raw, &has_escapes) < 0 || !json_take(s, ':'))
		return -EINVAL;
	return 0;
}

/* Pass an opening bracket, and its partner when nothing is between them. */
static int open_bracket(struct json_scan *s, struct nest *nest)
{
	char closer = *s->at == '{' ? '}' : ']';

	if (nest->depth == JSON_DEPTH_MAX)
		return -ELOOP;
	s->at++;
	if (json_take(s, closer))
		return STEP_WHOLE;
	nest->closers[nest->depth++] = closer;
	if (closer == '}' && skip_name(s) < 0)
		return -EINVAL;
	return STEP_WANTS_VALUE;
}

/* Pass a scalar, or as much of a container as comes before its first value. */
static int begin_value(struct json_scan *s, struct nest *nest)
{
	struct slice raw;
	bool has_escapes;

	json_skip_space(s);
	if (s->at == s->end)
		return -EINVAL;
	switch (*s->at) {
	case '{':
	case '[':
		return open_bracket(s, nest);
	case '"':
		return json_string(s, &raw, &has_escapes);
	case 't':
		return skip_word(s, "true");
	case 'f':
		return skip_word(s, "false");
	case 'n':
		return skip_word(s, "null");
	default:
		return skip_number(s);
	}
}

/* Close brackets behind a whole value, until there is a comma or the end. */
static int end_value(struct json_scan *s, struct nest *nest)
{
	while (nest->depth > 0) {
		char closer = nest->closers[nest->depth - 1];

		if (json_take(s, ',')) {
			if (closer == '}' && skip_name(s) < 0)
				return -EINVAL;
			return STEP_WANTS_VALUE;
		}
		if (!json_take(s, closer))
			return -EINVAL;
		nest->depth--;
	}
	return STEP_WHOLE;
}

int json_skip_value(struct json_scan *s)
{
	struct nest nest;
	int step;

	nest.depth = 0; /* the array stays as it is: this is the hot path */
	do {
		step = begin_value(s, &nest);
		if (step == STEP_WHOLE)
			step = end_value(s, &nest);
	} while (step == STEP_WANTS_VALUE);
	return step;
}

/* The four hex digits at p, which have been checked. */
static unsigned hex4(const char *p)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 | (unsigned)ascii_hex(p[i]);
	return value;
}

static bool is_high_surrogate(unsigned unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(unsigned unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/*
 * The code point of the \u escape at p, with the second half of a pair;
 * *used is the length of what was read. Negative for half a pair.
 */
static long unescape_unicode(const char *p, const char *end, size_t *used)
{
	unsigned unit = hex4(p + 2);
	unsigned low;

	*used = 6;
	if (is_low_surrogate(unit))
		return -EILSEQ;
	if (!is_high_surrogate(unit))
		return (long)unit;
	if (end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return -EILSEQ;
	low = hex4(p + 8);
	if (!is_low_surrogate(low))
		return -EILSEQ;
	*used = 12;
	return (long)(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
}

static char *put_utf8(char *out, unsigned long point)
{
	if (point < 0x80) {
		*out++ = (char)point;
		return out;
	}
	if (point < 0x800) {
		*out++ = (char)(0xc0 | point >> 6);
	} else if (point < 0x10000) {
		*out++ = (char)(0xe0 | point >> 12);
		*out++ = (char)(0x80 | (point >> 6 & 0x3f));
	} else {
		*out++ = (char)(0xf0 | point >> 18);
		*out++ = (char)(0x80 | (point >> 12 & 0x3f));
		*out++ = (char)(0x80 | (point >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (point & 0x3f));
	return out;
}

/* The code point of the escape at p; see unescape_unicode. */
static long unescape_one(const char *p, const char *end, size_t *used)
{
	*used = 2;
	switch (p[1]) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'u':
		return unescape_unicode(p, end, used);
	default:
		return p[1]; /* quote, backslash, slash */
	}
}

/* An escape is never shorter than what it stands for, so out is enough. */
long json_unescape(struct slice raw, char *out, size_t *bad_at)
{
	const char *at = raw.ptr;
	const char *end = raw.ptr + raw.len;
	char *to = out;

	for (;;) {
		const char *run = at;
		size_t used;
		long point;

		at = plain_end(run, end);
		memcpy(to, run, (size_t)(at - run));
		to += at - run;
		if (at == end)
			return to - out;
		point = unescape_one(at, end, &used);
		if (point < 0) {
			*bad_at = (size_t)(at - raw.ptr);
			return -EILSEQ;
		}
		to = put_utf8(to, (unsigned long)point);
		at += used;
	}
}
