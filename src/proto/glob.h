/*
 * glob: patterns for room names, as an app writes them into a claim that a
 * route's `permit` names.
 *
 * '*' is any run of bytes, an empty one and ':' and '/' included; '?' is one
 * character of UTF-8; a backslash takes the meaning from what follows it; all
 * else stands for itself. There are no classes and no alternatives: an app
 * lists several patterns instead. A pattern always covers the whole name.
 */
#ifndef PROTO_GLOB_H
#define PROTO_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* A longer pattern matches nothing. */
enum { GLOB_MAX = 512 };

/*
 * Whether the pattern matches the text; both are valid UTF-8. A pattern that
 * ends in a lone backslash matches nothing. Takes at most GLOB_MAX steps for
 * each byte of the text, however many '*' there are; each is taken off *steps,
 * and where they do not suffice the answer is no and *steps 0. Any thread.
 */
bool glob_matches(struct slice pattern, struct slice text, size_t *steps);

#endif
