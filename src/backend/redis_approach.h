/*
 * redis_approach: from where a server is to one that has let us in. Of several
 * addresses each is dialled, and who answers there is greeted
 * (backend/redis_greeting), through TLS where that is on, until one of them is
 * for us: a name may lead to all servers of a group, of which one is the
 * master.
 */
#ifndef BACKEND_REDIS_APPROACH_H
#define BACKEND_REDIS_APPROACH_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct redis_approach;
struct redis_failure;
struct redis_find;
struct redis_role;
struct redis_role_rule;
struct resp_items;
struct wire;

/* What is pointed at outlives the approach. */
struct redis_approach_options {
	struct redis_find *find;
	struct redis_role_rule *rule;
	struct redis_role *role; /* of the server that is greeted */
	uint32_t database;       /* 0: the one that a connection begins in */
	size_t max_string;       /* as resp_items_new */
	struct wire *wire;       /* closed */
};

/*
 * Let in: the wire is open to that server, and belongs to the callee now, as
 * does items, which goes on behind the greeting. Or items is NULL, the wire is
 * closed, and this is why, borrowed for the call. The approach is gone when
 * this is called.
 */
typedef void (*redis_approach_fn)(
    void *arg, struct resp_items *items, const struct redis_failure *why);

/* Start. fn is called once, never before this returns. */
struct redis_approach *redis_approach_start(struct event_base *base,
    const struct redis_approach_options *options, redis_approach_fn fn,
    void *arg);

/* Give up, the wire is closed: fn is not called any more. NULL is fine. */
void redis_approach_abandon(struct redis_approach *a);

#endif
