/*
 * slice: some bytes that somebody else owns. Not NUL-terminated.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *ptr; /* borrowed; may be NULL when len is 0 */
	size_t len;
};

static inline struct slice slice_of(const char *ptr, size_t len)
{
	return (struct slice){ ptr, len };
}

/* The bytes of a NUL-terminated text, without the NUL; NULL gives none. */
static inline struct slice slice_str(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || !memcmp(s.ptr, prefix.ptr, prefix.len));
}

/* What follows the first count bytes; count is at most s.len. */
static inline struct slice slice_after(struct slice s, size_t count)
{
	return (struct slice){ s.ptr ? s.ptr + count : s.ptr, s.len - count };
}

/* Take a line off the front of lines, each of which has its '\n' behind it. */
static inline struct slice slice_take_line(struct slice *lines)
{
	const char *end = memchr(lines->ptr, '\n', lines->len);
	struct slice line = slice_of(lines->ptr, (size_t)(end - lines->ptr));

	*lines = slice_after(*lines, line.len + 1);
	return line;
}

#endif
