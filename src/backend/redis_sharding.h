/*
 * redis_sharding: redis.cluster.sharded of a source: what backend/redis_sharded
 * subscribes, between the rooms that the hub watches and the places where the
 * slots are. Main thread.
 */
#ifndef BACKEND_REDIS_SHARDING_H
#define BACKEND_REDIS_SHARDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct backend_options;
struct event_base;
struct metrics;
struct redis_places;
struct redis_sharding;

/* Whether a part of the rooms is away may be another now. */
typedef void (*redis_sharding_fn)(void *arg);

/*
 * For the source of the options, whose sink is told of messages, watches and
 * gaps of rooms. places, metrics (of the source), options' content and arg
 * outlive it.
 */
struct redis_sharding *redis_sharding_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics, size_t max_string, redis_sharding_fn fn,
    void *arg);
/* NULL is fine. */
void redis_sharding_free(struct redis_sharding *s);

/* Whether all watched rooms are subscribed. */
bool redis_sharding_is_whole(const struct redis_sharding *s);

/* As those of backend_ops. */
void redis_sharding_watch(struct redis_sharding *s, struct slice room);
void redis_sharding_unwatch(struct redis_sharding *s, struct slice room);
void redis_sharding_set_paused(struct redis_sharding *s, bool is_paused);

/* As redis_sharded_expect_all. */
void redis_sharding_expect_all(struct redis_sharding *s);

#endif
