/*
 * redis_follow: being sent from node to node of a cluster (MOVED, ASK), as far
 * as that leads anywhere. No sockets.
 */
#ifndef BACKEND_REDIS_FOLLOW_H
#define BACKEND_REDIS_FOLLOW_H

#include <stdbool.h>

#include "base/address.h"
#include "base/slice.h"

struct redis_failure;
struct redis_find;

enum { REDIS_FOLLOW_MAX = 5 }; /* in a row */

enum redis_follow_way {
	REDIS_FOLLOW_NOWHERE,
	REDIS_FOLLOW_MOVED, /* to be followed at once: redis_follow_go */
	REDIS_FOLLOW_ASK,   /* the same; each command there follows an ASKING */
};

struct redis_follow {
	struct redis_find *find; /* borrowed */
	bool is_in_cluster;
	unsigned times; /* in a row */
	struct address to;
};

/* Outside of a cluster nobody is followed. */
void redis_follow_init(
    struct redis_follow *f, struct redis_find *find, bool is_in_cluster);

/*
 * The server where find has led last has answered a command, a literal, with an
 * error. *why says what becomes of the connection to it. Nodes that send us on
 * and on are not followed, and find asks anew.
 */
enum redis_follow_way redis_follow_take(struct redis_follow *f,
    const char *command, struct slice error, struct redis_failure *why);

/* Find leads to where we have been sent, once. */
void redis_follow_go(struct redis_follow *f);

/* A server has answered what was asked. */
void redis_follow_arrive(struct redis_follow *f);

#endif
