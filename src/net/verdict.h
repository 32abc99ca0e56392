/*
 * verdict: whether a handshake goes on, or why not. On all of its way 0 is to
 * go on: where there is no more to say than the reason, that alone is returned.
 */
#ifndef NET_VERDICT_H
#define NET_VERDICT_H

#include <stdbool.h>

#include "core/refused.h"

/* Zero-initialised: it goes on. */
struct verdict {
	enum refused why;   /* REFUSED_NOT, or why not */
	const char *detail; /* a static text that says more; NULL: none */
	const char *user;   /* borrowed; who it is, where that is known */
	bool lacks_key;     /* one that the token names: it may yet come */
};

static inline struct verdict verdict_of(enum refused why)
{
	return (struct verdict){ .why = why };
}

#endif
