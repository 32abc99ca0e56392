/*
 * history_hits: the tags that may be for a reader, found by their chains. Where
 * there are more than a few, a walk over all is as good. Part of core/history.
 */
#ifndef CORE_HISTORY_HITS_H
#define CORE_HISTORY_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;
struct history_reader;

enum { HISTORY_HITS_MAX = 512 };

struct history_hits {
	uint64_t tags[HISTORY_HITS_MAX]; /* numbers, in order */
	size_t count;
};

/*
 * All from this tag on that have a hash which the reader wants; a tag may stand
 * there twice. False: there are too many, or too few steps left for them. What
 * it costs to find these, and others in their chains, and to look at what they
 * are of is taken off *steps, where to look at a tag in order is 1.
 */
bool history_hits_find(const struct history *h, uint64_t first,
    const struct history_reader *reader, size_t *steps,
    struct history_hits *hits);

#endif
