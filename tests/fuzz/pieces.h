/*
 * pieces: bytes as a socket may give them, some at a time. What reads them must
 * come to the same however they are cut.
 */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct pieces {
	struct slice rest;
	size_t size; /* of each but the last one, above 0 */
};

/* The next piece, borrowed from the bytes; false when there is none. */
static inline bool pieces_next(struct pieces *p, struct slice *piece)
{
	size_t len = p->rest.len < p->size ? p->rest.len : p->size;

	if (len == 0)
		return false;
	*piece = slice_of(p->rest.ptr, len);
	p->rest = slice_of(p->rest.ptr + len, p->rest.len - len);
	return true;
}

#endif
