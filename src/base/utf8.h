/*
 * utf8: is it UTF-8 (RFC 3629), and is it a name.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum { ROOM_NAME_MAX = 255, USER_NAME_MAX = 255 };

/*
 * Whether all bytes are well-formed UTF-8: no overlong forms, no surrogates,
 * nothing above U+10FFFF. *bad_at, unless NULL, is then the offset of the
 * first byte of the first sequence that is not. Any thread.
 */
bool utf8_is_valid(struct slice s, size_t *bad_at);

/*
 * Whether it may name a room: 1 to ROOM_NAME_MAX bytes of UTF-8 without
 * control characters (U+0000..1F, 7F, 80..9F) and without a comma.
 */
bool room_name_is_valid(struct slice name);

/*
 * Whether it may name a user: 1 to USER_NAME_MAX bytes of UTF-8 without
 * control characters. Commas are fine: no list is joined with them.
 */
bool user_name_is_valid(struct slice name);

#endif
