/*
 * inline: commands as a person types them into a raw connection, one line of
 * words: PUBLISH chat 'hello there'. Quotes and escapes are those of Redis.
 */
#ifndef PROTO_INLINE_H
#define PROTO_INLINE_H

#include <stddef.h>

#include "base/slice.h"

/*
 * Split the line, which has no line end, into words. Words are separated by
 * white space; "..." knows \n \r \t \b \a \xHH and \ before any other byte,
 * '...' knows \' only. The words are decoded in place: they are slices of
 * line, which is changed. Returns how many (0 for a blank line), -EINVAL for
 * quotes that do not close or that a word follows at once, -E2BIG for more
 * than max.
 */
int inline_split(char *line, size_t len, struct slice *words, size_t max)
    __attribute__((warn_unused_result));

#endif
