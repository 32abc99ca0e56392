/*
 * redis_dial: from asking where the server is (backend/redis_find) to a
 * connection to it.
 */
#ifndef BACKEND_REDIS_DIAL_H
#define BACKEND_REDIS_DIAL_H

#include "sys/dial.h"

struct event_base;
struct redis_dial;
struct redis_find;

/*
 * Start. fn is called once, never before this returns, as that of dial_start;
 * the dial is gone by then. find outlives it.
 */
struct redis_dial *redis_dial_start(
    struct event_base *base, struct redis_find *find, dial_fn fn, void *arg);

/* Give up: fn is not called any more. NULL is fine. */
void redis_dial_abandon(struct redis_dial *d);

#endif
