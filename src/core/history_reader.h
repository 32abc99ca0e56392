/*
 * history_reader: who comes back, and what is for it. The tags of a history say
 * by a hash what may be; the message's aim says what is. Main thread only, but
 * for history_reader_sort.
 */
#ifndef CORE_HISTORY_READER_H
#define CORE_HISTORY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/aim.h"
#include "core/history_names.h"

enum { HISTORY_MISS_STEPS = 32 }; /* what a miss of the cache or two costs */

struct history_reader {
	struct history_names names; /* its rooms; borrowed */
	struct conn_ref connection;
	const struct slice *aliases; /* borrowed; what it was called */
	size_t alias_count;
	uint64_t until; /* what is behind this position is by other rooms */
};

/* Before the reader is used, and when its rooms are others. */
void history_reader_sort(struct history_reader *reader);

/* Whether what has a tag of this hash may be for the reader, or is a hole. */
bool history_reader_wants(const struct history_reader *reader, uint64_t hash);

/*
 * What it costs to find out about a message that has this aim, where to look at
 * a tag is 1: what is looked at lies all over the memory.
 */
size_t history_reader_steps(
    const struct history_reader *reader, const struct aim *aim);

/* Whether a message is that has this aim, and such a tag. */
bool history_reader_gets(
    const struct history_reader *reader, const struct aim *aim, uint64_t hash);

#endif
