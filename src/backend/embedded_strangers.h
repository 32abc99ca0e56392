/*
 * embedded_strangers: publishers that have not given the password yet, the
 * oldest first. There are few places for them and little time, so that they
 * keep nobody out: whoever knows the password is in after one round trip.
 */
#ifndef BACKEND_EMBEDDED_STRANGERS_H
#define BACKEND_EMBEDDED_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct event;
struct event_base;

enum {
	EMBEDDED_STRANGERS_MAX = 512,
	EMBEDDED_STRANGER_MS = 5000,
};

/* A part of a publisher; zero-initialised is not waiting. */
struct stranger {
	struct list link;
	int64_t until_ms;
	bool is_waiting;
};

enum stranger_fate {
	STRANGER_LATE,   /* its time is over */
	STRANGER_PUSHED, /* somebody newer needs its place */
};

/* Frees the publisher, and takes the stranger out by embedded_strangers_del. */
typedef void (*stranger_away_fn)(struct stranger *s, enum stranger_fate fate);

struct strangers {
	struct list waiting;
	size_t count;
	struct event *timer; /* owned; for the oldest */
	bool is_held;
	stranger_away_fn turn_away;
};

void embedded_strangers_init(
    struct strangers *all, struct event_base *base, stranger_away_fn turn_away);

/* All are out by then. */
void embedded_strangers_fini(struct strangers *all);

/*
 * Wait from now on, unless it does. When there are too many, the oldest are
 * turned away; never this one.
 */
void embedded_strangers_add(struct strangers *all, struct stranger *s);

/* The publisher is known, or gone. Nothing when it is not waiting. */
void embedded_strangers_del(struct strangers *all, struct stranger *s);

/* Turn the oldest away; false when there is none. */
bool embedded_strangers_push(struct strangers *all);

/* While held, no time is over: nobody is read, so nobody can be late. */
void embedded_strangers_set_held(struct strangers *all, bool is_held);

#endif
