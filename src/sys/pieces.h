/*
 * pieces: what of the bytes that writev was given is not written yet.
 */
#ifndef SYS_PIECES_H
#define SYS_PIECES_H

#include <stddef.h>
#include <sys/uio.h>

struct pieces {
	const struct iovec *iov; /* borrowed */
	size_t at;               /* in the first of them */
	size_t len;              /* of all that is left */
};

/* The first max bytes of count pieces, or all. */
struct pieces pieces_of(const struct iovec *iov, int count, size_t max);

/*
 * The first len bytes, which p has, where they lie in one; else in copy, which
 * has room for them.
 */
const char *pieces_first(const struct pieces *p, char *copy, size_t len);

/* Drop the first count bytes, which p has. */
void pieces_skip(struct pieces *p, size_t count);

#endif
