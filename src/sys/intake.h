/*
 * intake: whether a listener takes in who comes. One that is out of descriptors
 * stays readable: it is left alone for a moment and then tried again, and what
 * is a single trouble is told once, as it begins and as it ends.
 */
#ifndef SYS_INTAKE_H
#define SYS_INTAKE_H

#include <stdbool.h>

#include "base/spell.h"

struct event;
struct event_base;

enum { INTAKE_PAUSE_MS = 100 }; /* then accepting is tried again */

/* What a listener has to know for it; arg is what intake_init was given. */
struct intake_ops {
	const char *component; /* whose log line it is if memory is out */
	void (*shut)(void *arg);
	/* Watch it, if it is not. False: not now, another pause goes by. */
	bool (*open)(void *arg);
	/*
	 * Descriptors have been there for SPELL_CALM_MS: the line that says it.
	 */
	void (*say_again)(void *arg);
};

/* Zero-initialised, it can be given to intake_fini. */
struct intake {
	const struct intake_ops *ops;
	void *arg;
	struct event *timer; /* owned; the end of a pause, or of a spell */
	struct spell starved;
	bool is_paused;
};

/* Open, and not to be moved. Of base's thread, as all here. */
void intake_init(struct intake *i, struct event_base *base,
    const struct intake_ops *ops, void *arg);
void intake_fini(struct intake *i);

/* Shut for INTAKE_PAUSE_MS, unless it is already. */
void intake_pause(struct intake *i);

/* Open before that: something has become free. */
void intake_resume(struct intake *i);

/*
 * Descriptors have run out (listen_is_starved). Whether it is news, which the
 * caller tells. Pauses nothing: somebody may have a descriptor to spare.
 */
bool intake_starve(struct intake *i);

#endif
