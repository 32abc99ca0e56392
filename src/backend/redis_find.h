/*
 * redis_find: where the server is now, in which order to try its addresses, and
 * as whom to come there. It alone knows how the configuration names a server;
 * who connects asks anew each time. Main thread.
 */
#ifndef BACKEND_REDIS_FIND_H
#define BACKEND_REDIS_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_login.h"
#include "base/address.h"
#include "base/err.h"
#include "sys/resolve.h"

struct conf_redis;
struct conf_tls;
struct event_base;
struct redis_find;
struct redis_failure;
struct redis_find_query;
struct redis_tls;

/* Who knows where the server is, where the configuration does not say it. */
struct redis_find_oracle {
	/*
	 * Find out: redis_find_tell is called once it is known, never before
	 * this returns. It may be asked again before.
	 */
	void (*ask)(void *arg);
	void *arg;
};

/*
 * conf is borrowed until redis_find_free. NULL with e, which names the key,
 * when nothing can ever be found by it.
 */
struct redis_find *redis_find_new(
    struct event_base *base, const struct conf_redis *conf, struct err *e);
/*
 * One server at a fixed address. source, which is as redis_find_source has it,
 * tls and what the login points at outlive what is returned; a tls that is off
 * is none.
 */
struct redis_find *redis_find_new_at(struct event_base *base,
    const char *source, const struct address *address,
    const struct redis_login *login, const struct conf_tls *tls);

/* No query is under way. NULL is fine. */
void redis_find_free(struct redis_find *f);

/* What the server is called in the log. */
const char *redis_find_shown(const struct redis_find *f);

/* Which source it is, in the log, as conf_redis_name. */
const char *redis_find_source(const struct redis_find *f);

/* Where it is, as far as that is known; lives as long as f. */
const struct address *redis_find_address(const struct redis_find *f);

/* Where keys are: the number of a database. */
uint32_t redis_find_database(const struct redis_find *f);

/* As whom to come; lives as long as f. */
const struct redis_login *redis_find_login(const struct redis_find *f);

/* How to come there by TLS; NULL: in plain. Lives as long as f. */
const struct redis_tls *redis_find_tls(const struct redis_find *f);

/*
 * The answer: count addresses, or none and why; borrowed for the call. The
 * query is gone when this is called.
 */
typedef void (*redis_find_fn)(void *arg,
    const struct resolve_address *addresses, size_t count,
    const struct redis_failure *why);

/* Ask where it is. fn is called once, never before this returns. */
struct redis_find_query *redis_find_start(
    struct redis_find *f, redis_find_fn fn, void *arg);

/*
 * The same for who is there already: where what is known leads to by now. An
 * oracle says by itself when it is elsewhere, and is not asked.
 */
struct redis_find_query *redis_find_again(
    struct redis_find *f, redis_find_fn fn, void *arg);

/* Ask an oracle from now on; what it points at outlives f. */
void redis_find_set_oracle(
    struct redis_find *f, const struct redis_find_oracle *oracle);

/* What the oracle has found: an address; or NULL, and why there is none. */
void redis_find_tell(struct redis_find *f, const struct address *address,
    const struct redis_failure *why);

/*
 * It is there: the next query begins there, without the oracle. For who has
 * been sent there by the server itself.
 */
void redis_find_follow(struct redis_find *f, const struct address *to);

/*
 * The server that was found last did not do, until another one is: where there
 * is a choice, an oracle makes another one.
 */
void redis_find_doubt(struct redis_find *f);
bool redis_find_is_doubted(const struct redis_find *f);

/* Give up: fn is not called any more. NULL is fine. */
void redis_find_abandon(struct redis_find_query *q);

#endif
