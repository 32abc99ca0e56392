/*
 * redis_outage: from losing Redis to having it back: when to try again, and
 * what of it is worth a line in the log.
 */
#ifndef BACKEND_REDIS_OUTAGE_H
#define BACKEND_REDIS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_failure.h"

/* How its failures read in the log. */
struct redis_outage_words {
	const char *lost;   /* "connection lost" */
	const char *failed; /* "cannot connect" */
};

struct redis_outage {
	struct redis_outage_words words;
	int64_t min_ms, max_ms; /* of the delay, before the jitter */
	int64_t delay_ms;       /* before the attempt that comes next */
	int64_t since_ms;
	int64_t up_ms;    /* when it was up last; 0: never */
	bool is_reported; /* the outage is in the log, with the last reason */
	char reason[sizeof((struct redis_failure *)0)->reason];
};

/*
 * Begin with an outage: there has been no connection yet. The words are
 * literals.
 */
void redis_outage_init(struct redis_outage *o, struct redis_outage_words words,
    int64_t min_ms, int64_t max_ms);

/*
 * A connection was lost (it was up: the outage begins) or an attempt failed.
 * Logs the first failure of an outage and every change of the reason at warn,
 * the rest at debug. Returns after how many ms to try again: the delay begins
 * anew only for a connection that has lasted.
 */
int64_t redis_outage_fail(struct redis_outage *o, bool was_up,
    const char *address, const struct redis_failure *why);

/* What comes next is not one more of the same: the delay begins anew. */
void redis_outage_hurry(struct redis_outage *o);

/* All is well again; returns how long it took, in ms. */
int64_t redis_outage_end(struct redis_outage *o);

#endif
