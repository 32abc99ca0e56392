/*
 * pages: what a connection has missed, from where on and how much of it at a
 * time, as the history has it: notes and messages, put into its struct resume.
 * Whose turn it is says core/replay. Part of the hub; main thread only.
 */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/metrics.h"

struct history;
struct resume;

enum { PAGES_MAX_BYTES = 256 << 10 }; /* of one; or half of delivery.queue */

struct pages {
	struct history *history; /* borrowed, as the next */
	struct metrics *metrics;
	size_t max_bytes; /* of one with more than one message */
	bool knows_none;  /* every cursor is unknown */
};

void pages_init(struct pages *p, struct history *history,
    struct metrics *metrics, size_t queue_bytes);

/* A page is half of such a queue at most. */
void pages_set_queue(struct pages *p, size_t queue_bytes);

/*
 * Find where r, which RESUME_ASKS, begins, while there is a position; its first
 * note goes into its page. False, with nothing changed but r->position: its
 * cursor may be later than what has been heard. Not where is_final says that it
 * can not.
 */
bool pages_begin(
    struct pages *p, struct resume *r, int64_t now_ms, bool is_final);

/*
 * Fill the page of r, which has begun. True: it is to be sent, as the last one
 * where r->is_live. False: this goes on in another turn, as *steps are taken:
 * what may be looked at (core/history_collect), and what is left of that. Where
 * memory is out, r->has_failed.
 */
bool pages_make(struct pages *p, struct resume *r, size_t *steps);

/*
 * No more than a gap, called by this id, and r is live; it counts as that
 * outcome.
 */
void pages_make_gap(
    struct pages *p, struct resume *r, struct slice id, enum metric outcome);

#endif
