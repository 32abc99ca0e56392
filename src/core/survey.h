/*
 * survey: a question to all workers in turn, each asked for a bounded part at a
 * time (core/ask). Between two parts a worker has a turn of its own, and so has
 * the main thread: however much there is to be said, no delivery waits for it.
 */
#ifndef CORE_SURVEY_H
#define CORE_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "core/ask.h"

struct outbox;
struct survey;
struct worker;

/* Part of what it is for. */
struct survey {
	struct list link;      /* of those that are open */
	struct outbox *outbox; /* borrowed */
	void (*on_over)(struct survey *s);
	void (*free)(struct survey *s); /* and what it is part of */
	struct ask ask;
	bool is_asked;  /* a worker has it: the main thread leaves it alone */
	bool is_closed; /* nobody waits for it any more */
	/* For the worker that is asked. */
	uint32_t at;    /* where it goes on; begins at 0 for each */
	bool is_over;   /* it has no more to say */
	bool is_enough; /* nor need others be asked */
};

/* Open, among others; free is called once it is closed. Main thread. */
void survey_open(struct survey *s, struct outbox *o, struct list *surveys,
    void (*free)(struct survey *s));

/*
 * Ask from this worker and this place on, until the last one is over, or it is
 * enough; then on_over is called, later, and may run the next round. Not while
 * it is asked. Main thread.
 */
void survey_run(struct survey *s, unsigned worker, uint32_t at,
    void (*on_asked)(struct ask *a, struct worker *w),
    void (*on_over)(struct survey *s));

/* on_over is called no more; free is, once no worker has it. Main thread. */
void survey_close(struct survey *s);

/* Close and free all: no worker runs any more. */
void surveys_end(struct list *surveys);

static inline struct survey *survey_of(struct ask *a)
{
	return container_of(a, struct survey, ask);
}

#endif
