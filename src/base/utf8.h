/*
 * utf8: is it UTF-8 (RFC 3629), what in it is no text, where to cut it.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * Whether all bytes are well-formed UTF-8: no overlong forms, no surrogates,
 * nothing above U+10FFFF. *bad_at, unless NULL, is then the offset of the
 * first byte of the first sequence that is not. Any thread.
 */
bool utf8_is_valid(struct slice s, size_t *bad_at);

/*
 * The length of the control character that s begins with (U+0000..1F, 7F,
 * 80..9F), 1 or 2; 0 when it begins with another one.
 */
static inline size_t utf8_control_len(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	if (s.len > 0 && (p[0] < 0x20 || p[0] == 0x7f))
		return 1;
	/* Nothing but a lead byte is c2. */
	return s.len > 1 && p[0] == 0xc2 && p[1] < 0xa0 ? 2 : 0;
}

/* How many bytes of s to keep to end with a whole character: max or less. */
size_t utf8_fit(struct slice s, size_t max);

#endif
