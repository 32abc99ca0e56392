/*
 * cookie: see cookie.h. Lenient, as browsers send whatever a site has set:
 * cookies of others must not keep anybody from finding his own.
 */
#include "proto/cookie.h"

#include <string.h>

static struct slice unquote(struct slice s)
{
	if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
		return s;
	return slice_of(s.ptr + 1, s.len - 2);
}

bool cookie_next(struct slice *rest, struct slice *name, struct slice *value)
{
	while (rest->len > 0) {
		/* A semicolon ends a value even in quotes. */
		struct slice pair = slice_cut(rest, ';');
		const char *equals =
		    pair.len > 0 ? memchr(pair.ptr, '=', pair.len) : NULL;
		size_t len = equals ? (size_t)(equals - pair.ptr) : 0;

		*name = slice_trim(slice_of(pair.ptr, len));
		if (name->len == 0)
			continue;
		*value = unquote(slice_trim(slice_after(pair, len + 1)));
		return true;
	}
	return false;
}
