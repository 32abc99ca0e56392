/*
 * hash_tag: what of a key counts when a cluster of Redis chooses its slot.
 */
#ifndef PROTO_HASH_TAG_H
#define PROTO_HASH_TAG_H

#include <stdbool.h>

#include "base/slice.h"

/*
 * What is between the first '{' of a key and the first '}' behind that, where
 * something is; else all of it. A part of the key. Any thread.
 */
struct slice hash_tag_of(struct slice key);

/* Whether a key that begins with it in braces is in the slot of this one. */
bool hash_tag_can_be(struct slice tag);

#endif
