/*
 * vitals: what the process is, what it takes and what it may take, among the
 * metrics. Looked up when somebody asks, on the main thread.
 */
#ifndef PROCESS_VITALS_H
#define PROCESS_VITALS_H

#include "base/buf.h"

struct conf;
struct metrics;
struct worker_shared;

struct vitals {
	struct metrics *metrics; /* borrowed; the main thread's */
	struct buf build;        /* labels */
};

/*
 * m gets what never changes: what it was built from, when it began, where it
 * listens. Boot.
 */
void vitals_init(struct vitals *v, struct metrics *m, const struct conf *conf);
void vitals_fini(struct vitals *v);

/* What changes, by the configuration in force. */
void vitals_look(const struct vitals *v, const struct conf *conf,
    const struct worker_shared *shared);

#endif
