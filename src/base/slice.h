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

/* The bytes behind the first count, which is at most s.len. */
static inline struct slice slice_after(struct slice s, size_t count)
{
	return (struct slice){ s.ptr ? s.ptr + count : s.ptr, s.len - count };
}

/*
 * Take the bytes before the first c off the front of s, and c with them; all of
 * s where there is no c.
 */
static inline struct slice slice_cut(struct slice *s, char c)
{
	const char *at = s->len > 0 ? memchr(s->ptr, c, s->len) : NULL;
	size_t len = at ? (size_t)(at - s->ptr) : s->len;
	struct slice front = slice_of(s->ptr, len);

	*s = slice_after(*s, at ? len + 1 : len);
	return front;
}

/* Copy its bytes to out, where there is room; the end of them. */
static inline char *slice_put(struct slice s, char *out)
{
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	return out + s.len;
}

/* The slice without spaces and tabs at its ends. */
static inline struct slice slice_trim(struct slice s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = slice_after(s, 1);
	while (
	    s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

#endif
