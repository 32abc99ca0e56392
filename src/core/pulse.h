/*
 * pulse: whether every worker still turns. Twice a second the hub asks each of
 * them (core/ask), and the worker answers at the end of its turn: one with much
 * to do is slow to take its mail, but not late here. Main thread only.
 */
#ifndef CORE_PULSE_H
#define CORE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ask.h"
#include "core/interest.h"

struct outbox;

enum {
	PULSE_ASK_MS = 500,   /* pulse_beat is called as often */
	PULSE_LATE_MS = 5000, /* without an answer: the worker is stuck */
};

struct pulse {
	struct outbox *outbox; /* borrowed */
	int64_t beat_ms;       /* the last one */
	struct pulse_worker {
		struct ask ask;
		bool is_asked; /* and has not answered */
		bool is_late;  /* said in the log */
		bool has_ended;
		int64_t asked_ms;
		int64_t lag_ms; /* of its last answer */
	} workers[INTEREST_MAX_WORKERS];
};

/* The outbox outlives it. Each worker's block gets METRIC_WORKER_LAG. */
void pulse_init(struct pulse *p, struct outbox *outbox);

/* Judge who has not answered, ask who has; every PULSE_ASK_MS. */
void pulse_beat(struct pulse *p, int64_t now_ms);

/* The worker has answered. */
void pulse_answered(struct pulse *p, unsigned worker, int64_t now_ms);

/* The worker's loop has come to its end: it is not asked any more. */
void pulse_ended(struct pulse *p, unsigned worker);

/* The first worker that is stuck; -1: all answer in time. */
int pulse_find_late(const struct pulse *p);

#endif
