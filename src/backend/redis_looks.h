/*
 * redis_looks: when to look where the slots of a cluster are: at each
 * heartbeat, once a second while something is missing, and soon where a server
 * has sent us away. Main thread.
 */
#ifndef BACKEND_REDIS_LOOKS_H
#define BACKEND_REDIS_LOOKS_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct event_base;

typedef void (*redis_looks_fn)(void *arg);

struct redis_looks {
	redis_looks_fn fn;
	void *arg;
	struct event *timer; /* owned */
	int64_t heartbeat_ms;
	int64_t soon_ms; /* to the next one that is soon */
	bool is_soon;    /* the one that is to come */
	bool is_whole;
};

/* fn is to look, from the next turn on; arg outlives it. */
void redis_looks_begin(struct redis_looks *l, struct event_base *base,
    int64_t heartbeat_ms, redis_looks_fn fn, void *arg);
void redis_looks_end(struct redis_looks *l);

/*
 * Within a tenth of a second; but ever later, up to a second, while that is in
 * vain: two servers may send us to each other.
 */
void redis_looks_soon(struct redis_looks *l);

/* Nothing is missing, as at the beginning, or something is. */
void redis_looks_set_whole(struct redis_looks *l, bool is_whole);

#endif
