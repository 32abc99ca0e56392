/*
 * publication: what an operator publishes by the admin's API. It goes out by
 * the backend, as all that is published, and comes back by it: so every
 * instance gets it, and all agree on its id. What is told of it: what the
 * server said, and how many connections here it has reached.
 *
 * The router knows it again by its bytes. Of two that are alike each counts as
 * the other: they are.
 */
#ifndef CORE_PUBLICATION_H
#define CORE_PUBLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "core/backend.h"
#include "core/history.h"

struct event;
struct event_base;
struct publication;
struct watches;

/*
 * Under way at once: each is held for some seconds where the server is slow,
 * whoever waits for it, and each payload that comes is compared to all.
 */
enum { PUBLICATIONS_MAX = 64 };

typedef void (*publication_done_fn)(void *arg, const struct publication *p);

struct publication {
	struct list link; /* of those that are under way */
	struct backend_publication out;
	struct watches *watches;     /* borrowed */
	struct event *timer;         /* owned */
	publication_done_fn on_done; /* NULL: nobody waits for it any more */
	void *arg;
	unsigned left; /* workers that have a message of it */

	/* What is known of it. */
	bool is_told; /* by the backend */
	bool has_failed;
	struct err error;   /* why, then */
	const char *remedy; /* a literal, or NULL */
	int64_t receivers;  /* that the server gave it to; -1: it said none */
	bool is_heard;      /* it has come back */
	char id[HISTORY_ID_MAX + 1]; /* that it then had; "": none */
	uint64_t reached;            /* connections, by the workers so far */
	char bytes[];                /* the payload, the channel */
};

/*
 * Publish the payload on this channel; both are copied. on_done is called
 * later, once: when all is known, it has failed or some seconds have passed.
 * What is given to it lives for the call. NULL: PUBLICATIONS_MAX are under way,
 * and this one is not published. Main thread, as all here.
 */
struct publication *publication_open(struct event_base *base,
    struct watches *watches, struct list *publications, struct slice channel,
    struct slice payload, publication_done_fn on_done, void *arg);

/* on_done is not called any more. It goes when nobody needs it. */
void publication_close(struct publication *p);

/* Free all: no worker runs any more, the backend is closed. */
void publications_end(struct list *publications);

/* Whether all that there is to be known is. */
bool publication_is_known(const struct publication *p);

/* --- on its way through the hub --- */

/* The one that this payload is, and has not been heard; or NULL. */
struct publication *publication_find(
    const struct list *publications, const struct backend_message *m);

/* So many workers have a message of it, and each says publication_reached. */
void publication_expect(struct publication *p, unsigned workers);

/* It has been routed; id is what it is called, or "". */
void publication_heard(struct publication *p, const char *id);

/* MAIL_REACHED: a worker has queued it for so many. */
void publication_reached(struct publication *p, uint32_t count);

#endif
