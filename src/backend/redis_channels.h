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
 *
 * Channels of shards (REDIS_CHANNEL_SHARD) are at one of several servers, by
 * their slots, of which each has a command of its own. A server that has lost a
 * slot ends what is subscribed there by itself, and sends who asks for more to
 * another one: such channels are handed over to whoever knows where that is.
 */
#ifndef BACKEND_REDIS_CHANNELS_H
#define BACKEND_REDIS_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	REDIS_CHANNELS_PUNSUBSCRIBE,
	REDIS_CHANNELS_SSUBSCRIBE,
	REDIS_CHANNELS_SUNSUBSCRIBE,
	/*
	 * Nothing to send: the room was unwatched and watched before that was
	 * sent, or nobody shall wait for the server.
	 */
	REDIS_CHANNELS_IN_FORCE,
};

/* Some channels to do one thing with; borrowed until the next call. */
struct redis_channels_batch {
	enum redis_channels_step step;
	uint16_t slot; /* of all of them, in a command about shards */
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

/* Do not want it any more; nothing when it is not wanted. */
void redis_channels_unwant(struct redis_channels *all, struct slice name,
    enum redis_channel_kind kind);

/*
 * Want the channel of each room, whose name begins with from, by a name that
 * begins with to, and no more by this one. A walk over all of them: for a
 * change of the configuration.
 */
void redis_channels_rename(
    struct redis_channels *all, struct slice from, struct slice to);

/*
 * The next batch; false when there is nothing to do, or too much in flight, or
 * nothing was found in so many visits.
 */
bool redis_channels_next(
    struct redis_channels *all, struct redis_channels_batch *batch);

/* Whether another call of redis_channels_next may find something. */
bool redis_channels_is_due(const struct redis_channels *all);

/*
 * Whether a confirmation is an answer at all. A server ends subscriptions to
 * channels of shards by itself; and it confirms what was taken to have departed
 * by an error that was another command's.
 */
bool redis_channels_is_answer(struct redis_channels *all,
    enum redis_channels_step step, struct slice name);

/*
 * A confirmation came, which is one. Returns 0, with *in_force the channel of a
 * room that is to be announced or an empty slice; -EPROTO when another one was
 * due.
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

/*
 * A subscription to the channel of a shard has ended, and was not asked to. It
 * is queued again, and counts in redis_channels_is_synced. False, and nothing:
 * there was none, or more is in flight about it.
 */
bool redis_channels_end(struct redis_channels *all, struct slice name);

/*
 * The command that is due was refused because its slot is elsewhere: what is
 * still wanted of it is gone, for redis_channels_hand_over. False, and nothing,
 * when the one that is due is not about that slot, or has begun to be
 * confirmed: the error is not its answer.
 */
bool redis_channels_depart(struct redis_channels *all, uint16_t slot);

/* So for all rooms, whatever is in flight: no answer will come. */
void redis_channels_depart_all(struct redis_channels *all);

/*
 * Hand over up to so many, not 0, of those that are gone: fn is called with the
 * channel, which is in all no more, and may want it there. False when none is
 * left.
 */
typedef void (*redis_channels_fn)(void *arg, struct slice name);
bool redis_channels_hand_over(
    struct redis_channels *all, size_t most, redis_channels_fn fn, void *arg);

/*
 * Want the channel of a shard that was another server's: it counts in
 * redis_channels_is_synced.
 */
void redis_channels_adopt(struct redis_channels *all, struct slice name);

/*
 * Whether a channel of which the server gives out messages is wanted still; it
 * is no pattern.
 */
bool redis_channels_wants(struct redis_channels *all, struct slice name);

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
 * There is no connection, and up to redis_channels_reset nobody shall wait for
 * one: rooms are announced all the same.
 */
void redis_channels_suspend(struct redis_channels *all);

/*
 * Every channel that was wanted at the last reset or redis_channels_expect_all,
 * or came from another server since then, and still is, has been confirmed, or
 * refused. Rooms watched since then are announced one by one: they do not
 * count, or a storm of new rooms could put this off for as long as it lasts.
 */
bool redis_channels_is_synced(const struct redis_channels *all);
void redis_channels_expect_all(struct redis_channels *all);

/* The server has all that is wanted and, so it has said, nothing else. */
bool redis_channels_is_at_rest(const struct redis_channels *all);

/* How many channels there are. */
size_t redis_channels_count(const struct redis_channels *all);

#endif
