/*
 * redis_cluster: the oracle of redis.cluster: it asks nodes where the slots
 * are, whenever a backend/redis_find wants to know where its own is, and every
 * ten seconds. Main thread.
 *
 * One answer is enough, of a node that is with the others: what has changed
 * since, and who does not take itself for a master, is seen by who connects.
 */
#ifndef BACKEND_REDIS_CLUSTER_H
#define BACKEND_REDIS_CLUSTER_H

#include <stdbool.h>

#include "backend/redis_slot.h"

struct conf_redis;
struct event_base;
struct redis_cluster;
struct redis_failure;
struct redis_find;
struct redis_slots;

enum {
	REDIS_CLUSTER_ANY = REDIS_SLOTS, /* in place of a slot */
	REDIS_CLUSTER_FINDS_MAX = 4,
	REDIS_CLUSTER_ASKED_MAX = 6, /* at the same time */
};

/* What find has led to is not of the cluster any more: leave it. */
typedef void (*redis_cluster_moved_fn)(void *arg);

/*
 * One that nobody wants anything of yet. cut_off_told is as in struct
 * redis_role_rule. Both outlive it.
 */
struct redis_cluster *redis_cluster_new(struct event_base *base,
    const struct conf_redis *conf, unsigned *cut_off_told);

/* No query is made of its finds any more. Not in a call of fn. NULL is fine. */
void redis_cluster_free(struct redis_cluster *c);

/*
 * Become the oracle of find, which outlives this, as arg does: it leads to the
 * master of the slot, who says by itself when the slot moves; or with
 * REDIS_CLUSTER_ANY to one of all masters, and fn is called when that is none
 * any more. At most REDIS_CLUSTER_FINDS_MAX.
 */
void redis_cluster_lead(struct redis_cluster *c, struct redis_find *find,
    unsigned slot, redis_cluster_moved_fn fn, void *arg);

/*
 * fn is told where the slots are, borrowed for the call, whenever a node has
 * said so; or NULL, and why none does. arg outlives c. Once.
 */
typedef void (*redis_cluster_slots_fn)(void *arg,
    const struct redis_slots *slots, const struct redis_failure *why);
void redis_cluster_watch(
    struct redis_cluster *c, redis_cluster_slots_fn fn, void *arg);

/* Ask now, unless somebody is asked. fn is not called before this returns. */
void redis_cluster_look(struct redis_cluster *c);

#endif
