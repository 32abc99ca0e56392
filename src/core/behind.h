/*
 * behind: connections that live messages pass by, until they have got what they
 * missed; and what clients with ids are told besides. The worker's half of
 * core/resume; its thread.
 */
#ifndef CORE_BEHIND_H
#define CORE_BEHIND_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct conn;
struct message;
struct resume;
struct worker;

/* Where a connection begins. */
struct behind_start {
	struct slice cursor; /* of one whose form has ids; may be empty */
	int64_t max_age_ms;  /* how far back it may lie */
	uint32_t last;       /* without a cursor: so many messages back */
	/* Goes behind the first note; a reference, or NULL. */
	struct message *first;
};

/*
 * From here on the connection, which has just joined its rooms, is behind. 0,
 * with first taken, or -ENOMEM with nothing changed.
 */
int behind_begin(struct conn *c, const struct behind_start *start)
    __attribute__((warn_unused_result));

/*
 * The connection is OPEN, or about to be: where it is behind the hub is asked,
 * unless it has been.
 */
void behind_ask(struct conn *c);

/* MAIL_REPLAY: takes r. Returns what it counts, where 1 is a delivery. */
size_t behind_replay(struct worker *w, struct resume *r);

/* Nothing waits for a connection that is behind: on to the next page. */
void behind_go_on(struct conn *c);

/* One that is behind is about to be freed. */
void behind_forget(struct conn *c);

/* MAIL_NOTE: for all with ids that are live; takes the worker's reference. */
void behind_tell(struct worker *w, struct message *note);

/*
 * MAIL_HERE: where everybody is who is live, for those who have heard nothing
 * else; takes the worker's reference.
 */
void behind_set_here(struct worker *w, struct message *note);
/* A ping is due. Before pinged_ms is this one's. */
void behind_beat(struct conn *c);

/* The worker ends: forget where it is, and what nobody has fetched. */
void behind_end(struct worker *w);

#endif
