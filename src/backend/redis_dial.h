/*
 * redis_dial: from asking where the server is (backend/redis_find) to a
 * connection to it.
 */
#ifndef BACKEND_REDIS_DIAL_H
#define BACKEND_REDIS_DIAL_H

#include <stdbool.h>

#include "backend/redis_failure.h"

struct event_base;
struct redis_dial;
struct redis_find;

/*
 * As dial_fn: with a socket, and why is NULL, the dial waits for
 * redis_dial_next or redis_dial_abandon; or -1, and the dial is gone when this
 * is called.
 */
typedef void (*redis_dial_fn)(
    void *arg, int fd, const struct redis_failure *why);

/* Start. fn is called never before this returns. find outlives the dial. */
struct redis_dial *redis_dial_start(struct event_base *base,
    struct redis_find *find, redis_dial_fn fn, void *arg);

/* As dial_next: of several addresses another one may do. */
bool redis_dial_next(struct redis_dial *d) __attribute__((warn_unused_result));

/* Give up: fn is not called any more. NULL is fine. */
void redis_dial_abandon(struct redis_dial *d);

#endif
