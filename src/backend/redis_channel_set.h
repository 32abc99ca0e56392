/*
 * redis_channel_set: the channels of a subscription, by their names, each in
 * one of six lists: dirty while it is wanted and that was not sent, leaving
 * while it is the other way round, refused while the server permits it not,
 * gone when it is wanted of another server, else clean, or base where it is no
 * room's. What is sent, and what comes of it, is the matter of redis_channels,
 * which alone includes this.
 *
 * A reset forgets what was sent, of however many channels, without a walk over
 * them: each remembers the epoch that it was last looked at in, and is
 * brought up to date when it is looked at next (refresh).
 */
#ifndef BACKEND_REDIS_CHANNEL_SET_H
#define BACKEND_REDIS_CHANNEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_channel.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"

struct redis_channel_set {
	struct hash_key key;
	struct map map;
	struct list dirty;   /* in the order in which they are sent */
	struct list leaving; /* when dirty is empty */
	struct list clean;
	struct list base; /* clean, and no rooms */
	struct list refused;
	struct list gone; /* it waits for redis_channel_set_take */
	size_t wanted;    /* channels */
	size_t pending;   /* of those */
	size_t expected;  /* of those: since an earlier turn */
	uint32_t epoch;   /* counts the resets */
	uint32_t turn;    /* grows whenever all that are pending are expected */
};

void redis_channel_set_init(struct redis_channel_set *set);
void redis_channel_set_fini(struct redis_channel_set *set);

/*
 * Want a channel: something is to be sent of it. NULL when it was wanted. Or do
 * not want that of a room any more, which is then forgotten where nothing was
 * sent.
 */
struct redis_channel *redis_channel_set_want(struct redis_channel_set *set,
    struct slice name, enum redis_channel_kind kind);
void redis_channel_set_unwant(struct redis_channel_set *set, struct slice name,
    enum redis_channel_kind kind);

/* As redis_channels_rename. */
void redis_channel_set_rename(
    struct redis_channel_set *set, struct slice from, struct slice to);

/* The one of this name, which is no pattern, brought up to date; or NULL. */
struct redis_channel *redis_channel_set_find(
    struct redis_channel_set *set, struct slice name);

/*
 * The one whose turn it is, brought up to date; NULL when nothing is to be sent
 * of any.
 */
struct redis_channel *redis_channel_set_next(struct redis_channel_set *set);
bool redis_channel_set_is_idle(const struct redis_channel_set *set);

/* Something is to be sent of it, behind the others; what is no room first. */
void redis_channel_set_queue(
    struct redis_channel_set *set, struct redis_channel *c);

/* Nothing is, up to the next reset. */
void redis_channel_set_rest(
    struct redis_channel_set *set, struct redis_channel *c);

/* The same up to redis_channel_set_retry, which queues so many of these. */
void redis_channel_set_put_off(
    struct redis_channel_set *set, struct redis_channel *c);
void redis_channel_set_retry(struct redis_channel_set *set, size_t count);

/* It is pending no more: confirmed, refused, or not wanted. */
void redis_channel_set_settle(
    struct redis_channel_set *set, struct redis_channel *c);

/* Free one that nobody wants and the server does not have. */
void redis_channel_set_forget(
    struct redis_channel_set *set, struct redis_channel *c);

/* One that is wanted is expected; or all that are pending are. */
void redis_channel_set_expect(
    struct redis_channel_set *set, struct redis_channel *c);
void redis_channel_set_expect_all(struct redis_channel_set *set);

/* Nothing was sent of any of them; all that are wanted are expected. */
void redis_channel_set_reset(struct redis_channel_set *set);

/* As redis_channels_end. */
bool redis_channel_set_end(struct redis_channel_set *set, struct slice name);

/* The server has it no more, and another one shall. Or so with all rooms. */
void redis_channel_set_leave(
    struct redis_channel_set *set, struct redis_channel *c);
void redis_channel_set_leave_all(struct redis_channel_set *set);

/*
 * Take one of those that are gone out of the set, the caller's to free; NULL
 * when there is none.
 */
struct redis_channel *redis_channel_set_take(struct redis_channel_set *set);

#endif
