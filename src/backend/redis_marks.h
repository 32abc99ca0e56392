/*
 * redis_marks: the marks (proto/mark) that this instance publishes and those
 * that it hears, by which all instances count payloads alike. What is done
 * about it is its owner's matter. No sockets.
 *
 * Only what one subscription brings without a break can be counted, and only
 * behind a mark that was published when all channels were in force. So it
 * begins with a mark of our own, published since the last break.
 */
#ifndef BACKEND_REDIS_MARKS_H
#define BACKEND_REDIS_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/mark.h"

/*
 * Marks that are remembered: of ten instances with a heartbeat of 5 s, those of
 * two hours.
 */
enum { REDIS_MARKS_MAX = 16384 };

struct redis_marks;

/* One that has heard nothing, in the group of these channels. */
struct redis_marks *redis_marks_new(uint64_t group);
void redis_marks_free(struct redis_marks *m);

/* The next one to publish, which never comes again; valid until the next. */
struct slice redis_marks_write(struct redis_marks *m);

/* The number of the one that redis_marks_write gives next; from 1 on. */
uint64_t redis_marks_next(const struct redis_marks *m);

/* What has come has no known order with what comes: count anew. */
void redis_marks_break(struct redis_marks *m);

/*
 * Be in another group from now on: as redis_marks_break. False, and nothing: it
 * is the same.
 */
bool redis_marks_join(struct redis_marks *m, uint64_t group);

/* A payload has come. */
void redis_marks_count(
    struct redis_marks *m, struct slice channel, struct slice payload);

enum redis_marks_verdict {
	REDIS_MARKS_UNREADABLE, /* no mark, and no payload either */
	REDIS_MARKS_FOREIGN,    /* the same: of another group */
	REDIS_MARKS_EARLY,      /* before the first that counts */
	REDIS_MARKS_FIRST,      /* what follows is counted from here on */
	REDIS_MARKS_NEXT,
	/*
	 * Its id has been heard before; or what its sender has heard is
	 * something else. As after redis_marks_break.
	 */
	REDIS_MARKS_TWICE,
	REDIS_MARKS_DISORDER,
};

struct redis_marks_heard {
	enum redis_marks_verdict verdict;
	struct slice id; /* in what was heard */
	uint64_t own;    /* the number of one of ours; 0: it is another's */
};

/* Something has come on the channel of marks. */
struct redis_marks_heard redis_marks_hear(
    struct redis_marks *m, struct slice text);

#endif
