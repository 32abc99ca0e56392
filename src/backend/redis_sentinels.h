/*
 * redis_sentinels: the oracle of redis.sentinel: it asks all of them where the
 * master is, whenever backend/redis_find wants to know and every ten seconds,
 * and hears it when one of them makes another server the master. Main thread.
 *
 * What they say is not all: whether that server takes itself for the master, it
 * is asked when it is connected to.
 */
#ifndef BACKEND_REDIS_SENTINELS_H
#define BACKEND_REDIS_SENTINELS_H

#include "backend/redis_quorum.h"
#include "backend/redis_sentinel.h"

struct event_base;
struct redis_find;
struct redis_sentinels;

/* The server that was told to find is the master no more: leave it at once. */
typedef void (*redis_sentinels_moved_fn)(void *arg);

/*
 * Become the oracle of find, which outlives this as do conf and arg. fn is not
 * called before this returns.
 */
struct redis_sentinels *redis_sentinels_new(struct event_base *base,
    const struct conf_sentinel *conf, struct redis_find *find,
    redis_sentinels_moved_fn fn, void *arg);

/* No query is made of find any more. Not in a call of fn. NULL is fine. */
void redis_sentinels_free(struct redis_sentinels *s);

#endif
