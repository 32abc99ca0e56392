/*
 * workers: those who serve clients, what they share, and their threads. With
 * one there is nothing to share out: it runs on the main thread and a message
 * wakes that thread only. Main thread.
 */
#ifndef PROCESS_WORKERS_H
#define PROCESS_WORKERS_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "core/interest.h"
#include "core/relief.h"
#include "core/worker.h"

struct backend_ops;
struct conf;
struct event_base;
struct mailbox;
struct metrics;
struct net_shared;

struct workers {
	unsigned count;
	struct worker *of[INTEREST_MAX_WORKERS]; /* owned */
	struct worker_shared shared;
	struct relief_sum relief;
	/* The main thread's, then theirs; borrowed, one more than they are. */
	struct metrics *metrics[INTEREST_MAX_WORKERS + 1];
	struct event_base *base; /* the main thread's: owned, or its worker's */
	pthread_t threads[INTEREST_MAX_WORKERS];
	unsigned running; /* threads whose loop has not ended */
};

/*
 * How many there are to be, for how many clients, by this configuration and
 * with this backend. w is all zero.
 */
void workers_init(struct workers *w, const struct conf *conf,
    const struct backend_ops *backend);

/*
 * Make them, and the main thread's loop. Clients come by net, mail to the hub
 * goes into hub, metrics are the main thread's: all of it is borrowed and
 * outlives them. conf is borrowed, and each takes a reference. 0 or -ENOMEM;
 * in either case workers_close frees them.
 */
int workers_open(struct workers *w, const struct conf *conf,
    struct net_shared *net, struct mailbox *hub, struct metrics *metrics,
    struct err *e) __attribute__((warn_unused_result));

/* Free what workers_open made, as far as it came. No thread runs. */
void workers_close(struct workers *w);

/* Whether all is done on the main thread. From workers_init on. */
static inline bool workers_are_one_thread(const struct workers *w)
{
	return w->count == 1;
}

/* Start their threads, if they have any; exits where one cannot be started. */
void workers_start(struct workers *w);

/* Run the main thread's loop until all of them have ended. */
void workers_run(struct workers *w);

/* One of them has ended; arg: struct workers. As hub_new wants it. */
void workers_on_done(void *arg);

#endif
