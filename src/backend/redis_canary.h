/*
 * redis_canary: a message to ourselves, sent at every heartbeat over a
 * connection of its own, since a RESP2 connection that has subscribed can do
 * nothing else. That it comes back by the subscriber shows that the server
 * lives, that both connections lead to the same one, and that subscriptions
 * work. At each heartbeat the server is asked for its role there as well.
 *
 * By itself it is a number, on a channel that no other instance has. It may
 * also be something that others hear as well, and that only counts when all
 * channels are subscribed: backend/redis_order.
 */
#ifndef BACKEND_REDIS_CANARY_H
#define BACKEND_REDIS_CANARY_H

#include <stdbool.h>

#include "backend/redis_failure.h"
#include "base/slice.h"

struct event_base;
struct metrics;
struct redis_canary;
struct redis_link_options;

/* The connection could not be made, was lost, or was refused the PUBLISH. */
typedef void (*redis_canary_lost_fn)(
    void *arg, const struct redis_failure *why);

/* What others hear as well, by whoever knows what it means. */
struct redis_canary_words {
	const char *channel; /* borrowed */
	/* The next one to send; valid until the next. */
	struct slice (*write)(void *arg);
	/* Something has come on the channel. Whether we have sent it. */
	bool (*hear)(void *arg, struct slice text);
	void *arg;
};

/*
 * A canary without a connection yet. words, NULL for none, and metrics are
 * borrowed as long as it lives.
 */
struct redis_canary *redis_canary_new(struct event_base *base,
    const struct redis_link_options *options,
    const struct redis_canary_words *words, struct metrics *metrics,
    redis_canary_lost_fn fn, void *arg);
void redis_canary_free(struct redis_canary *c);

/* The channel; lives as long as the canary. */
struct slice redis_canary_channel(const struct redis_canary *c);

/* Connect; none has come back then. The canary is closed. */
void redis_canary_open(struct redis_canary *c);
/* Close without a call of fn. */
void redis_canary_close(struct redis_canary *c);

/* Whether it waits for all channels, and not only for its own. */
bool redis_canary_waits_for_all(const struct redis_canary *c);

/*
 * What it waits for is subscribed: the first canary is sent as soon as
 * possible. Nothing when it was told before.
 */
void redis_canary_release(struct redis_canary *c);

/* It waits again, until redis_canary_release. */
void redis_canary_hold(struct redis_canary *c);

/* Send one more now, if there is a connection. */
void redis_canary_send(struct redis_canary *c);

/*
 * A heartbeat: send one, connect anew where the connection is lost. False
 * when it is the third in a row that finds none back since the one before: a
 * server that hangs is found within three of them, and a gateway that was
 * itself stopped for long counts just one.
 */
bool redis_canary_beat(struct redis_canary *c);

/*
 * Ask whether the server is the master still; that it is not, is told by fn.
 */
void redis_canary_ask_role(struct redis_canary *c);

/*
 * Its connection was lost, and all goes on without: that is counted, and in the
 * log, once until one comes back. A server that has no place for a second
 * connection lives: what it sends on the first one counts, and that it can be
 * sent at all is left to TCP's keep-alive.
 */
void redis_canary_miss(struct redis_canary *c, const struct redis_failure *why);

/* Silence up to now says nothing: nobody listened. */
void redis_canary_excuse(struct redis_canary *c);

/* Forget that one came back, until another one does. */
void redis_canary_doubt(struct redis_canary *c);

/* Send one now: somebody listens again. */
void redis_canary_resume(struct redis_canary *c);

/* Something has come on its channel. Whether it came back. */
bool redis_canary_hear(struct redis_canary *c, struct slice text);

/* Whether one came back since redis_canary_open, and redis_canary_doubt. */
bool redis_canary_came_back(const struct redis_canary *c);

#endif
