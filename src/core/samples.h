/*
 * samples: what some metrics were, at regular times up to now: how they have
 * changed lately is a difference of two. The oldest sample goes for the next
 * one. Main thread.
 */
#ifndef CORE_SAMPLES_H
#define CORE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/metrics.h"

/* Rows of core/metrics.def that stand together, with all cells of theirs. */
struct samples_rows {
	enum metric first, last;
	bool is_max; /* of all threads the largest, not the sum */
};

/* Zero-initialised is none, and samples_fini may be called. */
struct samples {
	struct metrics *const *blocks; /* borrowed, as metrics_sum takes them */
	size_t block_count;
	const struct samples_rows *rows; /* borrowed */
	size_t row_count;
	size_t width;     /* values of a sample */
	size_t max;       /* samples that are kept */
	uint64_t taken;   /* since the begin: the next one's number */
	int64_t *at_ms;   /* owned; by clock_ms */
	uint64_t *values; /* owned; a sample behind another */
};

/* Keep up to max samples of these rows; the first one is of now. */
void samples_init(struct samples *s, struct metrics *const *blocks,
    size_t block_count, const struct samples_rows *rows, size_t row_count,
    size_t max);
void samples_fini(struct samples *s);

/* One more. */
void samples_take(struct samples *s);

/* The number of the oldest that is kept. */
uint64_t samples_oldest(const struct samples *s);

/* The last one that is as old as this at least; else the oldest. */
uint64_t samples_find(const struct samples *s, int64_t age_ms);

/* Of the sample with this number, which is kept: when, and what it was. */
int64_t samples_at_ms(const struct samples *s, uint64_t number);
uint64_t samples_value(
    const struct samples *s, uint64_t number, enum metric id);

/* What it is now. */
uint64_t samples_now(const struct samples *s, enum metric id);

#endif
