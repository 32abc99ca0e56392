/*
 * suggest: which of the known words did somebody mean who misspelt one.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

#include "base/slice.h"

struct suggest {
	struct slice word; /* borrowed */
	const char *best;  /* the nearest so far, or NULL when none is near */
	size_t distance;
};

/* Begin with the misspelt word, then offer all that are known. */
struct suggest suggest_begin(struct slice word);
void suggest_offer(struct suggest *s, const char *known);

#endif
