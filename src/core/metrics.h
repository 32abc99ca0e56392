/*
 * metrics: counters and gauges, one block a thread, summed when scraped.
 *
 * The one table is metrics.def. A thread changes only its own block, with
 * plain relaxed stores: no lock, no shared cache line.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/envelope_reason.h"

enum metric {
/*
 * Of the kind "seconds", a gauge, the value is in milliseconds. A histogram, of
 * seconds, has a row of that kind for each bucket, and two of the kinds "sum",
 * in milliseconds, and "count".
 */
#define METRIC(id, kind, name, labels, help) METRIC_##id,
#include "core/metrics.def"
#undef METRIC
	METRIC_COUNT
};

/* One thread's block. Zero-initialised; aligned so that no line is shared. */
struct metrics {
	_Alignas(64) _Atomic uint64_t values[METRIC_COUNT];
};

/* Add to a counter or gauge of this thread's own block. */
static inline void metrics_add(
    struct metrics *m, enum metric id, uint64_t count)
{
	uint64_t old =
	    atomic_load_explicit(&m->values[id], memory_order_relaxed);

	atomic_store_explicit(
	    &m->values[id], old + count, memory_order_relaxed);
}

static inline void metrics_inc(struct metrics *m, enum metric id)
{
	metrics_add(m, id, 1);
}

/* Gauges go down as well: two's complement makes the sum come out right. */
static inline void metrics_sub(
    struct metrics *m, enum metric id, uint64_t count)
{
	metrics_add(m, id, ~count + 1);
}

static inline void metrics_set(
    struct metrics *m, enum metric id, uint64_t value)
{
	atomic_store_explicit(&m->values[id], value, memory_order_relaxed);
}

/* The sum over count blocks. Any thread. */
uint64_t metrics_sum(
    struct metrics *const *blocks, size_t count, enum metric id);

/*
 * Append all metrics, summed over count blocks, in the Prometheus text
 * format 0.0.4. Any thread.
 */
void metrics_print(
    struct metrics *const *blocks, size_t count, struct buf *out);

/* Append the list of metrics as Markdown (docs/metrics.md). */
void metrics_reference(struct buf *out);

#endif
