/*
 * json: a strict scanner for JSON (RFC 8259) that builds nothing.
 *
 * The scanner walks over values and says whether they are well formed; what
 * somebody wants to keep is a slice of the text. No recursion and no memory: a
 * hostile text costs its length. The caller has checked that the text is UTF-8.
 */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum { JSON_DEPTH_MAX = 128 };

/*
 * A scanner, and where it stands. After a failure at is the first byte that
 * cannot be right, or end when the text stops too early.
 */
struct json_scan {
	const char *at; /* borrowed, as end, for the life of the scan */
	const char *end;
};

/* Pass white space: space, tab, line feed, carriage return. */
static inline void json_skip_space(struct json_scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' ||
				     *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

/* Pass white space, then c if it comes next; whether it did. */
static inline bool json_take(struct json_scan *s, char c)
{
	json_skip_space(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* Whether the next byte can begin a value. */
bool json_is_value_start(const struct json_scan *s);

/*
 * Pass one value, which begins at s->at. Returns 0, -EINVAL when it is not
 * JSON, or -ELOOP at the bracket that opens level JSON_DEPTH_MAX + 1.
 */
int json_skip_value(struct json_scan *s) __attribute__((warn_unused_result));

/*
 * Whether a number that json_skip_value has passed is written as a whole one:
 * digits and maybe a minus, neither fraction nor exponent. Such a number is a
 * name in its very text, however long: nothing has been rounded.
 */
bool json_is_whole(struct slice number);

/*
 * Pass one string, which begins at s->at. *raw is what stands between its
 * quotes; *has_escapes says whether json_unescape has work to do. Returns 0,
 * or -EINVAL. Lone surrogates pass here: only decoding them is impossible.
 */
int json_string(struct json_scan *s, struct slice *raw, bool *has_escapes)
    __attribute__((warn_unused_result));

/*
 * Decode the escapes of a string that json_string has passed into out, which
 * holds raw.len bytes. Returns the length, or -EILSEQ with *bad_at the offset
 * of the escape that is a lone surrogate.
 */
long json_unescape(struct slice raw, char *out, size_t *bad_at)
    __attribute__((warn_unused_result));

#endif
