/*
 * metrics: counters, gauges and histograms, one block a thread, summed when
 * scraped; and one for each source, whose counts are those of the thread that
 * has it as well.
 *
 * The one table is metrics.def. A thread changes only its own block, with
 * plain relaxed stores: no lock, no shared cache line. One value of a worker's
 * block is the main thread's: METRIC_WORKER_LAG, as who is stuck cannot tell.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/envelope_reason.h"

/* Addresses that are told apart; what is behind them counts with the last. */
enum { METRICS_LISTENERS = 16 };

/* Certificates that are told apart; of what is behind them nothing is said. */
enum { METRICS_CERTIFICATES = 64 };

/* Routes that are told apart, and all others in one. */
enum { METRICS_ROUTES = 64 + 1 };

/* Authenticators with keys of a URL; of those behind them nothing is said. */
enum { METRICS_AUTHENTICATORS = 16 };

/*
 * By its kind, the value of a row is
 *
 *     counter, gauge   as it is shown
 *     seconds          a gauge, in milliseconds; shown to the last of them
 *     age              a gauge: when that was, by clock_ms
 *     stopwatch        a counter of seconds: metrics_run
 *     info             1; its labels are those of the source, or of the build
 *     histogram        of seconds, several values: metrics_observe
 */
enum metric {
#define ROW(id, cells, by, kind, name, labels, help, bounds) \
	METRIC_##id, METRIC_##id##_LAST = METRIC_##id + (cells)-1,
#include "core/metrics.def"
#undef ROW
	METRIC_COUNT
};

/* What a row has a sample for. */
enum metrics_by {
	METRICS_OF_ALL,         /* the sum over all threads */
	METRICS_BY_SOURCE,      /* each source: metrics_source_new */
	METRICS_BY_WORKER,      /* each worker's block */
	METRICS_BY_LISTENER,    /* each address: several values, metrics_at */
	METRICS_BY_CERTIFICATE, /* each one: metrics_set_certificate */
	METRICS_BY_ROUTE,       /* each route: metrics_of_route */
	METRICS_BY_KEYS,        /* each set of a URL: metrics_set_keys */
};

/* One thread's block. Zero-initialised; aligned so that no line is shared. */
struct metrics {
	_Alignas(64) _Atomic uint64_t values[METRIC_COUNT];
	struct metrics_source *sources; /* of the main thread's; in order */
	const char *build; /* of the same; borrowed labels, or NULL */
	/* Of the same: owned labels, core/metrics_names. */
	char *listeners[METRICS_LISTENERS];
	char *routes[METRICS_ROUTES];
	char *certificates[METRICS_CERTIFICATES]; /* metrics_set_certificate */
	char *keys[METRICS_AUTHENTICATORS];       /* metrics_set_keys */
};

/* That of one source. */
struct metrics_source {
	struct metrics metrics;
	struct metrics_source *next; /* owned by the main thread's block */
	char *labels;                /* owned */
};

static inline uint64_t metrics_value(const struct metrics *m, enum metric id)
{
	return atomic_load_explicit(&m->values[id], memory_order_relaxed);
}

/* Add to a counter or gauge of this thread's own block. */
static inline void metrics_add(
    struct metrics *m, enum metric id, uint64_t count)
{
	uint64_t old = metrics_value(m, id);

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

/* The value of a row by listener, for the listener with this index. */
static inline enum metric metrics_at(enum metric id, size_t listener)
{
	return id + (enum metric)(listener < METRICS_LISTENERS
				      ? listener
				      : METRICS_LISTENERS - 1);
}

/* The same by route, for that with this number: core/metrics_names. */
static inline enum metric metrics_of_route(enum metric id, unsigned number)
{
	return id + (enum metric)number;
}

/* What is over each bound of a histogram, and in its sum not at all. */
#define METRICS_BEYOND UINT64_MAX

/* So many took so many microseconds each: more in the bucket that has it. */
void metrics_observe_many(
    struct metrics *m, enum metric histogram, uint64_t us, uint64_t count);

static inline void metrics_observe(
    struct metrics *m, enum metric histogram, uint64_t us)
{
	metrics_observe_many(m, histogram, us, 1);
}

/* How many buckets a histogram has, with the one that has no bound. */
size_t metrics_buckets(enum metric histogram);

/*
 * The microseconds that this part of what a histogram has counted took at most,
 * q from 0 to 1, as if it was spread evenly in its bucket; where that has no
 * bound, the last bound. counts are what each bucket counted by itself. 0 when
 * that is nothing.
 */
uint64_t metrics_quantile(
    enum metric histogram, const uint64_t *counts, double q);

/* Let a stopwatch run, or stop it. Nothing when it does that already. */
void metrics_run(struct metrics *m, enum metric stopwatch, bool shall_run);

/* How long a stopwatch has run by now, by its value. */
uint64_t metrics_ran_ms(uint64_t stopwatch);

/*
 * A block for one more source, whose counts are those of the main thread's as
 * well; they are numbered in this order, from 0. labels (core/metrics_text),
 * copied, say which place it is. It is main's until metrics_source_free. Main
 * thread.
 */
struct metrics *metrics_source_new(struct metrics *main, const char *labels);
void metrics_source_free(struct metrics *main, struct metrics *source);

/*
 * Whose certificate the one of this place is, by its labels, copied, and when
 * it expires. Those from a place on are no more. Main thread.
 */
void metrics_set_certificate(
    struct metrics *main, size_t place, const char *labels, uint64_t expiry_s);
void metrics_cut_certificates(struct metrics *main, size_t place);

/*
 * So many keys of the authenticator with these labels, copied, have come from
 * its URL at this time, by clock_ms; or none, and that is since when they have
 * been looked for. Places are as above. Main thread.
 */
void metrics_set_keys(struct metrics *main, size_t place, const char *labels,
    uint64_t count, int64_t since_ms);
void metrics_cut_keys(struct metrics *main, size_t place);

/* The sum over count blocks, with their sources. Main thread. */
uint64_t metrics_sum(
    struct metrics *const *blocks, size_t count, enum metric id);

/* The largest of them. */
uint64_t metrics_max(
    struct metrics *const *blocks, size_t count, enum metric id);

#endif
