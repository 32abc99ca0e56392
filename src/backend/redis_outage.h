/*
 * redis_outage: from losing Redis to having it back: when to try again, and
 * what of it is worth a line in the log. It has the timer of the next attempt;
 * whose connection it is knows how one is made. Main thread.
 */
#ifndef BACKEND_REDIS_OUTAGE_H
#define BACKEND_REDIS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_failure.h"
#include "backend/redis_tally.h"
#include "base/bucket.h"
#include "sys/resolve.h"

struct event;
struct event_base;

/* Of how many reasons it is known that they are in the log. */
enum { REDIS_OUTAGE_TOLD = 4 };

/*
 * So many attempts may come at once, and as many a second from then on: as
 * there may be hops from node to node. Servers and sentinels that contradict
 * each other would have more, as fast as they answer.
 */
enum { REDIS_OUTAGE_HURRIES = 5 };

/* Of what, and how its failures read in the log; texts outlive the outage. */
struct redis_outage_options {
	enum redis_connection connection;
	const char *lost;       /* "connection lost" */
	const char *failed;     /* "cannot connect" */
	const char *source;     /* NULL: there is one */
	int64_t min_ms, max_ms; /* of the delay, before the jitter */
	/* It is time: the owner has closed what there was, and connects. */
	void (*attempt)(void *arg);
	void *arg;
};

struct redis_outage {
	struct redis_outage_options options;
	struct metrics *metrics; /* borrowed: of the source */
	struct event *retry;     /* owned; timer of the next attempt */
	int64_t delay_ms;        /* before the attempt that comes next */
	struct bucket hurries;   /* what may come at once */
	int64_t since_ms;
	int64_t up_ms;                 /* when it was up last; 0: never */
	struct resolve_address server; /* where that was; empty: nowhere */
	int64_t told_ms;     /* when the log has told of this outage last */
	unsigned told_count; /* how many reasons it has, of which some are */
	char told[REDIS_OUTAGE_TOLD][sizeof((struct redis_failure *)0)->reason];
};

/*
 * Begin with an outage: there has been no connection yet, and the first attempt
 * is the owner's.
 */
void redis_outage_init(struct redis_outage *o, struct event_base *base,
    const struct redis_outage_options *options, struct metrics *metrics);

/* No attempt comes any more. */
void redis_outage_fini(struct redis_outage *o);

/*
 * A connection was lost (it was up: the outage begins) or an attempt failed.
 * Counts it, and logs at warn what is new in this outage, and one a minute; the
 * rest at debug. The next attempt comes after a delay, which begins anew only
 * for a connection that has lasted.
 */
void redis_outage_fail(struct redis_outage *o, bool was_up, const char *address,
    const struct redis_failure *why);

/* Whether an attempt is to come. */
bool redis_outage_awaits(const struct redis_outage *o);

/* None is to come. */
void redis_outage_rest(struct redis_outage *o);

/*
 * It is known where the server is: the attempt that is to come comes now; in
 * its time, where REDIS_OUTAGE_HURRIES are used up.
 */
void redis_outage_hurry(struct redis_outage *o);

/* The same, at another server: with what comes now the delay begins anew. */
void redis_outage_move(struct redis_outage *o);

/* What is in the way will pass: an attempt comes then, as often as it takes. */
void redis_outage_return(struct redis_outage *o, int64_t after_ms);

/*
 * All is well again, at this address; empty: it is not known. A failover, where
 * it was up at another one before, which is counted and logged. Returns how
 * long it took, in ms.
 */
int64_t redis_outage_end(
    struct redis_outage *o, const struct resolve_address *server);

#endif
