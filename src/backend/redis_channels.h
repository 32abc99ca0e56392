/*
 * redis_channels: which channels are wanted, and which of them the server has
 * confirmed. No sockets: the owner sends the batches that this gives out, and
 * tells it the confirmations.
 *
 * Redis confirms each channel of each command, in the order in which they
 * were sent. So what is under way (redis_flights) says which confirmation comes
 * next, and anything else is a protocol error.
 *
 * The server refuses a command as a whole when one of its channels is not
 * permitted, and does not say which. Its channels are then sent again, each in
 * a command of its own: whatever names clients choose, a channel is sent at
 * most twice.
 */
#ifndef BACKEND_REDIS_CHANNELS_H
#define BACKEND_REDIS_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/redis_channel.h"
#include "base/slice.h"

enum {
	REDIS_CHANNELS_BATCH = 256,   /* channels in one command */
	REDIS_CHANNELS_VISITS = 1024, /* channels looked at for one batch */
};

enum redis_channels_step {
	REDIS_CHANNELS_SUBSCRIBE,
	REDIS_CHANNELS_PSUBSCRIBE,
	REDIS_CHANNELS_UNSUBSCRIBE,
	/* Nothing to send: the room was unwatched and watched in one turn. */
	REDIS_CHANNELS_IN_FORCE,
};

/* Some channels to do one thing with; borrowed until the next call. */
struct redis_channels_batch {
	enum redis_channels_step step;
	size_t count;
	struct slice names[REDIS_CHANNELS_BATCH];
};

struct redis_channels;

struct redis_channels *redis_channels_new(void);
void redis_channels_free(struct redis_channels *all);

/*
 * Want a channel. That of a room is announced once it is in force; the others
 * are sent first, each in a command of its own, so that an error names the one
 * it is about.
 */
void redis_channels_want(struct redis_channels *all, struct slice name,
    enum redis_channel_kind kind);

/* Do not want that of a room any more; nothing when it is not wanted. */
void redis_channels_unwant(struct redis_channels *all, struct slice name);

/*
 * The next batch; false when there is nothing to do, or too much in flight, or
 * nothing was found in so many visits.
 */
bool redis_channels_next(
    struct redis_channels *all, struct redis_channels_batch *batch);

/* Whether another call of redis_channels_next may find something. */
bool redis_channels_is_due(const struct redis_channels *all);

/*
 * A confirmation came. Returns 0, with *in_force the channel of a room that
 * is to be announced or an empty slice; -EPROTO when another one was due.
 */
int redis_channels_confirm(struct redis_channels *all,
    enum redis_channels_step step, struct slice name, struct slice *in_force)
    __attribute__((warn_unused_result));

/*
 * The command that is due was refused for want of permission. Returns 0, with
 * *refused the channel of a room that cannot be had and has not been told
 * before, or an empty slice; -EACCES when it was no room's, nothing was in
 * flight, or a part of the command was confirmed.
 */
int redis_channels_refuse(struct redis_channels *all, struct slice *refused)
    __attribute__((warn_unused_result));

/* Make up to REDIS_CHANNELS_BATCH of those that were refused due again. */
void redis_channels_retry(struct redis_channels *all);

/*
 * What the next reply is about: the channel, and what was to be done with it.
 * Empty, and a subscription, when nothing is in flight.
 */
struct slice redis_channels_awaited(
    const struct redis_channels *all, enum redis_channels_step *step);

/* The connection is gone: what is wanted must be sent anew. */
void redis_channels_reset(struct redis_channels *all);

/*
 * Every channel that was wanted at the last reset, and still is, has been
 * confirmed, or refused. Rooms watched since then are announced one by one:
 * they do not count, or a storm of new rooms could put this off for as long as
 * it lasts.
 */
bool redis_channels_is_synced(const struct redis_channels *all);

/* Nothing is in flight and nothing waits to be sent. */
bool redis_channels_is_idle(const struct redis_channels *all);

/* How many channels there are. */
size_t redis_channels_count(const struct redis_channels *all);

#endif
