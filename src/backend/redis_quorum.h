/*
 * redis_quorum: where a master is by what all its sentinels say, who may
 * disagree while one fails, or not answer at all. No sockets.
 *
 * The answer of most counts, out of those that have one: a gateway that reaches
 * a single sentinel goes by that. Between as many it is the one that stands
 * first. A server that is said to be the master no more (backend/redis_rumour)
 * counts only where nothing else is said.
 */
#ifndef BACKEND_REDIS_QUORUM_H
#define BACKEND_REDIS_QUORUM_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/redis_failure.h"
#include "base/address.h"

struct resp_value;

enum { REDIS_QUORUM_MAX = 16 };

enum redis_quorum_answer {
	REDIS_QUORUM_AWAITED,
	REDIS_QUORUM_ADDRESS,
	REDIS_QUORUM_UNKNOWN, /* it knows no master of that name */
	REDIS_QUORUM_FAILED,
};

struct redis_quorum {
	size_t count; /* of sentinels */
	struct {
		enum redis_quorum_answer answer;
		struct address address;
	} of[REDIS_QUORUM_MAX];
	bool has_left;
	struct address left;          /* the master no more */
	struct redis_failure failure; /* of one that failed */
};

/* Nobody has answered, of these 1 to REDIS_QUORUM_MAX; what left, has left. */
void redis_quorum_begin(struct redis_quorum *q, size_t count);

/* A server is the master no more, or NULL: none is known to be that. */
void redis_quorum_leave(struct redis_quorum *q, const struct address *left);

/* The reply of one to SENTINEL GET-MASTER-ADDR-BY-NAME. */
void redis_quorum_take(
    struct redis_quorum *q, size_t sentinel, const struct resp_value *reply);

/* One has not answered. */
void redis_quorum_fail(
    struct redis_quorum *q, size_t sentinel, const struct redis_failure *why);

/* Whether more than half of all have named that one, the answer so far. */
bool redis_quorum_is_of_most(const struct redis_quorum *q);

/* Whether what is still awaited would not change the outcome. */
bool redis_quorum_is_decided(const struct redis_quorum *q);

/* Where the master is by the answers so far; lives as long as they; or NULL. */
const struct address *redis_quorum_address(const struct redis_quorum *q);

/* Why that is NULL. */
void redis_quorum_explain(
    const struct redis_quorum *q, struct redis_failure *why);

#endif
