/*
 * redis_dial: from a URL to a connected socket: resolve the host, then try its
 * addresses one after another until one takes the connection.
 */
#ifndef BACKEND_REDIS_DIAL_H
#define BACKEND_REDIS_DIAL_H

#include "backend/redis_failure.h"

struct event_base;
struct redis_dial;
struct redis_url;

/* What resolving, and each address, may take. */
enum { REDIS_DIAL_TIMEOUT_MS = 5000 };

/*
 * The outcome: a connected, non-blocking socket that is the callee's from now
 * on, or -1 and why the last address failed. The redis_dial is gone when this
 * is called.
 */
typedef void (*redis_dial_fn)(
    void *arg, int fd, const struct redis_failure *why);

/*
 * Start; fn is called once, never before this returns. url is borrowed until
 * then.
 */
struct redis_dial *redis_dial_start(struct event_base *base,
    const struct redis_url *url, redis_dial_fn fn, void *arg);

/* Give up: fn is not called any more. NULL is fine. */
void redis_dial_abandon(struct redis_dial *d);

#endif
