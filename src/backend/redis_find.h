/*
 * redis_find: where the server is now, in which order to try its addresses, and
 * as whom to come there. It alone knows how the configuration names a server;
 * who connects asks anew each time. Main thread.
 */
#ifndef BACKEND_REDIS_FIND_H
#define BACKEND_REDIS_FIND_H

#include <stdint.h>

#include "base/err.h"
#include "sys/resolve.h"

struct conf_redis;
struct event_base;
struct redis_find;
struct redis_find_query;
struct redis_login;
struct redis_tls;

/*
 * conf is borrowed until redis_find_free. NULL with e, which names the key, when
 * nothing can ever be found by it.
 */
struct redis_find *redis_find_new(
    struct event_base *base, const struct conf_redis *conf, struct err *e);
/* No query is under way. NULL is fine. */
void redis_find_free(struct redis_find *f);

/* What the server is called in the log. */
const char *redis_find_shown(const struct redis_find *f);

/* Where keys are: the number of a database. */
uint32_t redis_find_database(const struct redis_find *f);

/* As whom to come; lives as long as f. */
const struct redis_login *redis_find_login(const struct redis_find *f);

/* How to come there by TLS; NULL: in plain. Lives as long as f. */
const struct redis_tls *redis_find_tls(const struct redis_find *f);

/* Ask where it is. fn is called once, never before this returns. */
struct redis_find_query *redis_find_start(
    struct redis_find *f, resolve_fn fn, void *arg);

/* Give up: fn is not called any more. NULL is fine. */
void redis_find_abandon(struct redis_find_query *q);

#endif
