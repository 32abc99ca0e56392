/*
 * history_collect: what of a history is for one reader, from a position on.
 * Main thread only.
 */
#ifndef CORE_HISTORY_COLLECT_H
#define CORE_HISTORY_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;
struct history_reader;
struct message;

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
 * last one that is dealt with; *steps is what may be looked at, and what is
 * left of that: a tag is one, or more where it may be for the reader. All of
 * one position is the least that is done.
 */
typedef bool (*history_visit_fn)(void *arg, struct message *m);
enum history_stop history_collect(const struct history *h, uint64_t *position,
    const struct history_reader *reader, size_t *steps, history_visit_fn visit,
    void *arg);

#endif
