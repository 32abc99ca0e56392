/*
 * redis_events_batch: events on their way to the server, in the order in which
 * they happened, and what its answers make of them. No sockets. Main thread.
 *
 * What waits leaves when all before it is answered, as many as there are, so
 * batches form by themselves. One event leaves as it is; several as a
 * transaction, so that the server takes all of them or none: what it has
 * refused, for whatever reason, goes back to the head of those that wait, and
 * nothing of later has been taken. MULTI leaves alone, and what it is to open
 * only when the server has permitted it: else they leave one at a time, each
 * when the one before is taken.
 *
 * A transaction that is carried out may have errors in it still, as the key
 * holds something else by then, or may not be written any more. That is so for
 * all of them, or from one of them on: they go back as well. Should one be
 * refused and a later one be taken all the same, the refused one is lost, as
 * none is told of out of order.
 *
 * What is under way when the connection ends is lost, and never sent twice:
 * nobody knows whether it was taken. Not what a transaction had in it that the
 * server has refused already, as that is void, nor what it has not begun. After
 * such a loss one event leaves alone, until one is taken: a server that lets
 * itself be connected to, and then takes nothing, costs no batch each time.
 */
#ifndef BACKEND_REDIS_EVENTS_BATCH_H
#define BACKEND_REDIS_EVENTS_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_failure.h"
#include "backend/redis_follow.h"
#include "base/list.h"

struct app_event;
struct metrics;
struct resp_part;

enum { EVENTS_BATCH_MAX = 256 }; /* under way: all that one loss costs */

/* What is to come from the server. */
enum events_step {
	EVENTS_AT_REST, /* nothing */
	EVENTS_OPENING, /* whether the next ones may leave so */
	EVENTS_OPENED,  /* nothing: they may */
	EVENTS_SENT,    /* the answer to the one that was sent as it is */
	EVENTS_QUEUED,  /* those to each of a transaction, and to EXEC */
	EVENTS_DONE,    /* it is carried out: what became of each */
};

struct events_batch {
	struct metrics *main; /* borrowed: of the process */
	struct redis_follow follow;
	const char *command; /* that tells of one; a literal */
	struct list waiting, sent, refused;
	unsigned sent_count;
	size_t bytes;  /* of all that are in the lists */
	uint64_t lost; /* not told of yet */
	enum events_step step;
	bool is_transaction;      /* from OPENING on */
	unsigned openers;         /* of OPENING: answers that are to come */
	unsigned queued;          /* of QUEUED: those that have come */
	struct redis_failure why; /* of the first error, where there is one */
	enum redis_follow_way way;
	bool has_error;
	bool has_taken;          /* the server, of this connection */
	bool is_trial;           /* a loss, and nothing was taken since */
	bool is_told;            /* that they leave one at a time */
	int64_t single_until_ms; /* as no transaction is permitted */
};

/* command is PUBLISH or XADD. What is pointed at outlives it. */
void events_batch_init(struct events_batch *b, const char *command,
    struct metrics *main, struct redis_follow follow);
/* All that are left are lost. */
void events_batch_fini(struct events_batch *b);

/* Takes an event. Where too many wait it is lost. */
void events_batch_post(struct events_batch *b, struct app_event *event);

/* Whether nothing is to come from the server. */
static inline bool events_batch_is_free(const struct events_batch *b)
{
	return b->step == EVENTS_AT_REST || b->step == EVENTS_OPENED;
}

/*
 * At rest, and some wait: begin with the next of them. OPENED: they may leave
 * at once. OPENING: MULTI is to be sent for it where it is a transaction, and
 * ahead of that ASKING, where `asks` says so.
 */
void events_batch_open(struct events_batch *b, bool asks);

/*
 * OPENED: the next one that is to be sent, borrowed; NULL when those were all,
 * and there is one at least. Behind a transaction's follows EXEC. None leaves
 * before that NULL.
 */
const struct app_event *events_batch_send(struct events_batch *b);

/*
 * An item of an answer. 0; -EREMOTEIO: the server has refused something, see
 * `why` and `way`, and what it had to say of it is complete; -EPROTO: nobody
 * has asked for that. After either of them the connection is to be ended.
 */
int events_batch_take(struct events_batch *b, const struct resp_part *part)
    __attribute__((warn_unused_result));

/* The connection has ended. */
void events_batch_end(struct events_batch *b);

/* In the log, if any were lost since the last time. */
void events_batch_tell_lost(struct events_batch *b, const char *message);

#endif
