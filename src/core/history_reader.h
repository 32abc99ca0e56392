/*
 * history_reader: what of a history is for one connection. The main thread's,
 * but for history_sort.
 */
#ifndef CORE_HISTORY_READER_H
#define CORE_HISTORY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/aim.h"

struct history;
struct message;

/* Who comes back. */
struct history_reader {
	struct aim_room *rooms; /* borrowed; sorted by history_sort */
	size_t room_count;
	struct conn_ref connection;
	const struct slice *aliases; /* borrowed; what it was called */
	size_t alias_count;
	uint64_t until;  /* what is behind this position is by other rooms */
	uint64_t hashes; /* bit set of rooms' hashes, by history_sort */
};

/* Before the reader is used, and when its rooms are others. */
void history_sort(struct history_reader *reader);

enum history_stop {
	HISTORY_HEAD, /* there is no more */
	HISTORY_FULL, /* visit wanted no more, or all steps are taken */
	HISTORY_END,  /* it has come to the reader's until, before the head */
	HISTORY_HOLE, /* at *position: go on behind it once that is told */
	HISTORY_GONE, /* what is next is not kept any more */
};

/*
 * Visit the messages behind *position that are for this reader, in order, each
 * once. visit says false to what it does not take. *position moves on to the
 * last one that is dealt with; *steps is how many names may be looked at, and
 * what is left of that.
 */
typedef bool (*history_visit_fn)(void *arg, struct message *m);
enum history_stop history_collect(const struct history *h, uint64_t *position,
    const struct history_reader *reader, size_t *steps, history_visit_fn visit,
    void *arg);

/* Backwards, to where the last messages for a reader begin. */
struct history_search {
	uint64_t left;     /* messages to find */
	uint64_t end;      /* of the names that are not looked at yet */
	uint64_t position; /* the one before the first message that is found */
};

/* For so many, of what there is now. */
struct history_search history_search_last(
    const struct history *h, uint64_t count);
/*
 * Look at up to *steps names. True when they are found, or as many as are kept.
 */
bool history_search(const struct history *h, struct history_search *search,
    const struct history_reader *reader, size_t *steps);

#endif
