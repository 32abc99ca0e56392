/*
 * redis_role: whether a server is a master, as it says by itself. A replica
 * gives out what its master does only as long as it hears of it, and a PUBLISH
 * at it reaches nobody else: that it answers shows nothing. Asked is ROLE, and
 * INFO replication where that is refused, as by an access control list or a
 * proxy; who is refused both goes on, with a warning. No sockets.
 */
#ifndef BACKEND_REDIS_ROLE_H
#define BACKEND_REDIS_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_failure.h"
#include "base/slice.h"
#include "proto/resp_items.h"

/* Of all connections to a server. Zero-initialised: it must be a master. */
struct redis_role_rule {
	bool is_any;    /* redis.role: nobody asks */
	bool is_warned; /* that it cannot be known */
};

/* By what is asked next, on one connection. */
enum redis_role_way {
	REDIS_ROLE_BY_ROLE,
	REDIS_ROLE_BY_INFO,
	REDIS_ROLE_BY_NOTHING,
};

struct redis_role {
	struct redis_role_rule *rule; /* borrowed */
	enum redis_role_way way;
	bool is_asked;
	size_t items;            /* of the answer, so far */
	struct resp_whole whole; /* what of it is to come */
	char word[16];           /* what it says; "" where it says nothing */
};

enum {
	REDIS_ROLE_WORDS = 2,         /* of the longest question */
	REDIS_ROLE_MAX_ITEMS = 65536, /* of an answer: four a replica */
};

/* A connection that nobody has asked on. */
void redis_role_begin(struct redis_role *r, struct redis_role_rule *rule);

/*
 * The question, which the caller sends: how many words of it, or 0 when there
 * is none. None is under way. redis_role_take takes what is answered.
 */
size_t redis_role_ask(
    struct redis_role *r, struct slice question[REDIS_ROLE_WORDS]);

/* An answer is to come. */
static inline bool redis_role_is_asked(const struct redis_role *r)
{
	return r->is_asked;
}

/*
 * The next item of the answer. 0: there is more; 1: that was all, and nothing
 * is against this server, or another question follows (redis_role_ask) when
 * *again; -EACCES, -EPROTO with *why: the server is not for us.
 */
int redis_role_take(struct redis_role *r, const struct resp_part *part,
    bool *again, struct redis_failure *why) __attribute__((warn_unused_result));

#endif
