/*
 * redis_outage: from losing Redis to having it back: when to try again, and
 * what of it is worth a line in the log.
 */
#ifndef BACKEND_REDIS_OUTAGE_H
#define BACKEND_REDIS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_failure.h"
#include "backend/redis_tally.h"
#include "sys/resolve.h"

/* Of how many reasons it is known that they are in the log. */
enum { REDIS_OUTAGE_TOLD = 4 };

/* Of what, and how its failures read in the log. */
struct redis_outage_words {
	enum redis_connection connection;
	const char *lost;   /* "connection lost" */
	const char *failed; /* "cannot connect" */
	const char *source; /* NULL: there is one */
};

struct redis_outage {
	struct redis_outage_words words;
	struct metrics *metrics; /* borrowed: of the source */
	int64_t min_ms, max_ms;  /* of the delay, before the jitter */
	int64_t delay_ms;        /* before the attempt that comes next */
	int64_t since_ms;
	int64_t up_ms;                 /* when it was up last; 0: never */
	struct resolve_address server; /* where that was; empty: nowhere */
	int64_t told_ms;     /* when the log has told of this outage last */
	unsigned told_count; /* how many reasons it has, of which some are */
	char told[REDIS_OUTAGE_TOLD][sizeof((struct redis_failure *)0)->reason];
};

/*
 * Begin with an outage: there has been no connection yet. The words outlive it.
 */
void redis_outage_init(struct redis_outage *o, struct redis_outage_words words,
    struct metrics *metrics, int64_t min_ms, int64_t max_ms);

/*
 * A connection was lost (it was up: the outage begins) or an attempt failed.
 * Counts it, and logs at warn what is new in this outage, and one a minute; the
 * rest at debug. Returns after how many ms to try again: the delay begins anew
 * only for a connection that has lasted.
 */
int64_t redis_outage_fail(struct redis_outage *o, bool was_up,
    const char *address, const struct redis_failure *why);

/* What comes next is not one more of the same: the delay begins anew. */
void redis_outage_hurry(struct redis_outage *o);

/*
 * All is well again, at this address; empty: it is not known. A failover, where
 * it was up at another one before, which is counted and logged. Returns how
 * long it took, in ms.
 */
int64_t redis_outage_end(
    struct redis_outage *o, const struct resolve_address *server);

#endif
