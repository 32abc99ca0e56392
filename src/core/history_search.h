/*
 * history_search: backwards through a history, to where the last messages for a
 * reader begin. Main thread only.
 */
#ifndef CORE_HISTORY_SEARCH_H
#define CORE_HISTORY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;
struct history_reader;

struct history_search {
	uint64_t left;     /* messages to find */
	uint64_t end;      /* of the tags that are not looked at yet */
	uint64_t position; /* the one before the first message that is found */
};

/* For so many, of what there is now. */
struct history_search history_search_last(
    const struct history *h, uint64_t count);
/*
 * Look at as much as *steps allow, which are taken off: a tag is one, or more
 * where it may be for the reader. True when they are found, or
 * as many as are kept; false: again, with more steps.
 */
bool history_search(const struct history *h, struct history_search *search,
    const struct history_reader *reader, size_t *steps);

#endif
