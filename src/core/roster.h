/*
 * roster: a page of the connections of this instance, for operators.
 *
 * In two rounds of a survey: which ones, and what
 * is to be said of each. Who comes or goes between two pages may be missing;
 * all others are there once, unless they are sorted by what changes meanwhile.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/prefix.h"
#include "core/ids.h"
#include "core/room.h"
#include "core/survey.h"

struct roster;

enum { ROSTER_LIMIT_MAX = 1000 };

/*
 * A place between two connections: in the order of their queues, most first,
 * then in that of workers and slots; or only in the latter.
 */
struct roster_place {
	uint64_t queue;
	uint32_t worker;
	uint32_t slot; /* of the first one behind it */
};

/* Before all. */
#define ROSTER_BEGIN ((struct roster_place){ UINT64_MAX, 0, 0 })

/* Members of this room only; of len 0: whoever. */
struct roster_room {
	char name[ROOM_OF_USER_MAX];
	size_t len;
	uint64_t hash;
};

/* What is asked for. */
struct roster_query {
	struct roster_room room;
	struct roster_room user; /* the room of a user */
	struct prefix address;
	bool has_address; /* else whatever address */
	bool by_queue;
	size_t limit; /* 1 to ROSTER_LIMIT_MAX */
	struct roster_place from;
};

struct roster_entry {
	uint64_t queue; /* bytes that wait for it */
	struct conn_ref ref;
	struct buf text; /* owned; a JSON object; empty: it has gone since */
};

typedef void (*roster_done_fn)(void *arg, struct roster *r);

struct roster {
	struct survey survey;
	struct roster_query query; /* as it was asked */
	roster_done_fn on_done;
	void *arg;
	int64_t until_ms; /* then a page ends as it is, unless it is sorted */

	/* The page, as far as it is known. */
	struct roster_entry *entries; /* owned; room for twice the limit */
	size_t count;
	bool has_more; /* there may be others, behind this: */
	struct roster_place next;
};

/*
 * Ask for a page. on_done is called later, once; the roster then is the page,
 * and on_done may close it. Main thread.
 */
struct roster *roster_open(struct outbox *o, struct list *surveys,
    const struct roster_query *query, roster_done_fn on_done, void *arg);

/* on_done is not called any more. Main thread. */
void roster_close(struct roster *r);

#endif
