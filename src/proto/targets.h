/*
 * targets: the names that a payload gives, in its order: whom it is for, and
 * whom it is not for. What they lead to is core's business (core/lookup).
 */
#ifndef PROTO_TARGETS_H
#define PROTO_TARGETS_H

#include <stddef.h>

#include "base/slice.h"

enum target_kind {
	TARGET_ROOM,
	TARGET_USER,
	TARGET_CONNECTION,
	TARGET_EXCEPT,  /* a connection that is left out */
	TARGET_MESSAGE, /* one that is kept, by its id */
};

struct target {
	enum target_kind kind;
	struct slice name; /* into the payload, or into scratch */
};

/* Zero-initialised is empty and valid. */
struct targets {
	struct target *items; /* owned array, count used */
	size_t count;
	size_t cap;
};

#endif
