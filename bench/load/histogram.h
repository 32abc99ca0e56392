/*
 * histogram: how often a value came, within 1 % of its size.
 *
 * Log-linear: each power of two is split into 128 equal steps, so recording
 * is a shift and an increment, and percentiles of millions of latencies need
 * no list of them.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_STEP_BITS = 7,
	HISTOGRAM_STEPS = 1 << HISTOGRAM_STEP_BITS,
	HISTOGRAM_CELLS = (64 - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS,
};

struct histogram {
	uint64_t cells[HISTOGRAM_CELLS];
	uint64_t count;
	uint64_t max;
};

/* Zero-initialised is empty. */
void histogram_add(struct histogram *h, uint64_t value);

/*
 * The value that a share (0 to 1) of all values do not exceed, rounded up to
 * its step but never above the maximum; 0 when it is empty.
 */
uint64_t histogram_at(const struct histogram *h, double share);

#endif
