/*
 * redis_flush: what goes out on the connection of a subscriber: when the
 * commands that its channels ask for are sent, and how many of them at once.
 * Main thread.
 */
#ifndef BACKEND_REDIS_FLUSH_H
#define BACKEND_REDIS_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	REDIS_FLUSH_TURNS = 3, /* of the loop, that others may come in */
	REDIS_FLUSH_PATIENCE_MS = 1,
};

struct event;
struct event_base;
struct redis_channels;
struct redis_link;

/*
 * What it tells. The last two may close the link, and then call
 * redis_flush_stop.
 */
struct redis_flush_sink {
	/* The channel of a room is in force, and nothing is sent for it. */
	void (*on_in_force)(void *arg, struct slice channel);
	/* A part of what was asked for is sent, or there was nothing. */
	void (*on_sent)(void *arg);
	/* It was not sent, or not all of it, for want of memory. */
	void (*on_failed)(void *arg);
};

struct redis_flush {
	struct redis_link *link;         /* borrowed */
	struct redis_channels *channels; /* borrowed */
	struct event *timer;             /* owned */
	const struct redis_flush_sink *sink;
	void *arg;
	bool is_suspended; /* until the link is ready */
	bool is_held;      /* the timer is the end of a hold */
	unsigned turns;    /* to wait for, before it is sent */
	int64_t until_us;  /* then it waits for no more of them */
	int64_t sent_us;   /* when the last command went out */
};

/*
 * Begin: nothing is to be sent yet. The link, the channels, the sink and what
 * arg points at outlive it.
 */
void redis_flush_init(struct redis_flush *f, struct event_base *base,
    struct redis_link *link, struct redis_channels *channels,
    const struct redis_flush_sink *sink, void *arg);
/* End it, without a call into the sink. */
void redis_flush_fini(struct redis_flush *f);

/*
 * The channels have changed, or an answer has come: to be called behind each of
 * these. What there is to send goes
 * - at the end of this turn, when no answer is due and no command has gone out
 *   within the last REDIS_FLUSH_PATIENCE_MS;
 * - REDIS_FLUSH_TURNS later, with what those ask for, when one has;
 * - as many behind the last answer, when some are due;
 * - at the end of the next turn, when some are and the channels are not synced.
 * The second and the third take REDIS_FLUSH_PATIENCE_MS at most: for answers by
 * the clock of the loop, which moves with the kernel's tick, for turns looked
 * at once in each. What is more than goes at once follows turn by turn. The
 * sink is called then, and not from in here.
 */
void redis_flush_soon(struct redis_flush *f);

/*
 * Call on_sent behind the next turn or, when something waits to be sent, behind
 * that; whether anything is to be sent or not. Nothing while no connection is
 * ready.
 */
void redis_flush_ask(struct redis_flush *f);

/*
 * There is no connection: until redis_flush_resume the channels' steps are
 * gone through without one. Then the link is ready, and all is sent on it that
 * the channels, which know that, ask for.
 */
void redis_flush_suspend(struct redis_flush *f);
void redis_flush_resume(struct redis_flush *f);

/* The link is closed: what was about to be sent or told is not. */
void redis_flush_stop(struct redis_flush *f);

#endif
