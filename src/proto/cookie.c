/*
 * cookie: see cookie.h. Lenient, as browsers send whatever a site has set:
 * cookies of others must not keep anybody from finding his own.
 */
#include "proto/cookie.h"

#include <string.h>

#include "proto/http.h"

/* Semicolons end a value even in quotes: quotes do not escape anything. */
static struct slice take_pair(struct slice *rest)
{
	const char *end = memchr(rest->ptr, ';', rest->len);
	size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
	struct slice pair = slice_of(rest->ptr, len);

	*rest = slice_after(*rest, end ? len + 1 : len);
	return pair;
}

static struct slice unquote(struct slice s)
{
	if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
		return s;
	return slice_of(s.ptr + 1, s.len - 2);
}

bool cookie_next(struct slice *rest, struct slice *name, struct slice *value)
{
	while (rest->len > 0) {
		struct slice pair = take_pair(rest);
		const char *equals =
		    pair.len > 0 ? memchr(pair.ptr, '=', pair.len) : NULL;
		size_t len = equals ? (size_t)(equals - pair.ptr) : 0;

		*name = http_trim(slice_of(pair.ptr, len));
		if (name->len == 0)
			continue;
		*value = unquote(http_trim(slice_after(pair, len + 1)));
		return true;
	}
	return false;
}
