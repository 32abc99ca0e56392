/*
 * redis_sentinel: the protocol with one sentinel: where a master is, asked on a
 * connection for each question, and on another that stays, what it says of
 * itself (+switch-master). Main thread.
 */
#ifndef BACKEND_REDIS_SENTINEL_H
#define BACKEND_REDIS_SENTINEL_H

#include <stddef.h>

#include "backend/redis_announced.h"

struct conf_sentinel;
struct event_base;
struct redis_failure;
struct redis_sentinel;
struct resp_value;

/* Descriptors of one: both connections, what is dialled, look-ups. */
enum { REDIS_SENTINEL_FILES_MAX = 10 };

/* What a sentinel tells its owner, with the number that it was given. */
struct redis_sentinel_sink {
	/*
	 * The answer; or NULL, and why there is none. Borrowed for the call.
	 * Once a question.
	 */
	void (*on_answer)(void *arg, size_t number,
	    const struct resp_value *answer, const struct redis_failure *why);
	/* A master, of whatever name, has become another server. */
	void (*on_switch)(
	    void *arg, size_t number, const struct redis_announced_switch *s);
};

/*
 * The sentinel of this number in conf.addresses, which have been checked. It
 * does nothing yet. conf, sink and arg outlive it.
 */
struct redis_sentinel *redis_sentinel_new(struct event_base *base,
    const struct conf_sentinel *conf, size_t number,
    const struct redis_sentinel_sink *sink, void *arg);

/* Not in a call of the sink. NULL is fine. */
void redis_sentinel_free(struct redis_sentinel *s);

/* Ask for the master. A question that is under way is asked again. */
void redis_sentinel_ask(struct redis_sentinel *s);

/* Wait for the answer no more; nothing when none is awaited. */
void redis_sentinel_cease(struct redis_sentinel *s);

/* Listen, unless it is done already. An end of that is not told. */
void redis_sentinel_listen(struct redis_sentinel *s);

/* What it is called in the log; lives as long as s. */
const char *redis_sentinel_shown(const struct redis_sentinel *s);

#endif
