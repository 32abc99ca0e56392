/*
 * census: a page of the rooms of this instance and how many members each has,
 * for operators. Names are the hub's (core/interest), counted are members by
 * the workers, in a survey.
 *
 * Rooms come in an order of their own that nothing changes. A room that is
 * there from the first page to the last is on one of them, once. Or the largest
 * are wanted: then all are counted, some at a time, and the one page has those
 * with the most members. What takes for too long ends with what there is.
 */
#ifndef CORE_CENSUS_H
#define CORE_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/survey.h"
#include "proto/names.h"

struct census;
struct interests;

enum { CENSUS_LIMIT_MAX = 1000 };

struct census_query {
	char prefix[ROOM_NAME_MAX]; /* of the rooms' names */
	size_t prefix_len;
	bool by_members; /* the largest, in that order */
	size_t limit;    /* 1 to CENSUS_LIMIT_MAX */
	uint64_t from;   /* a place; 0: the begin */
};

struct census_room {
	uint64_t hash;
	uint64_t members; /* 0: it has emptied since */
	size_t len;
	char name[ROOM_NAME_MAX];
};

typedef void (*census_done_fn)(void *arg, struct census *c);

struct census {
	struct survey survey;
	struct census_query query;
	const struct interests *interests; /* borrowed */
	census_done_fn on_done;
	void *arg;
	int64_t until_ms;          /* then it ends with what there is */
	struct census_room *rooms; /* owned */
	size_t count;
	size_t counted; /* of those, the largest so far; the others are new */
	/* The place behind the last that was looked at; 0: it was the last. */
	uint64_t next;
};

/*
 * Ask for a page. on_done is called later, once; the census then is the page,
 * and on_done may close it. interests outlive it. Main thread.
 */
struct census *census_open(struct outbox *o, struct list *surveys,
    const struct interests *interests, const struct census_query *query,
    census_done_fn on_done, void *arg);

/* on_done is not called any more. Main thread. */
void census_close(struct census *c);

#endif
