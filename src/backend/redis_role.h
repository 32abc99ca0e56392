/*
 * redis_role: whether a server is a master, as it says by itself. A replica
 * gives out what its master does only as long as it hears of it, and a PUBLISH
 * at it reaches nobody else: that it answers shows nothing. Asked is ROLE, and
 * INFO replication where that is refused, as by an access control list or a
 * proxy; who is refused both goes on, with a warning. Of a node of a cluster
 * CLUSTER INFO is asked as well: one that is cut off from the others takes
 * itself for a master for ever (backend/redis_cut_off). No sockets.
 */
#ifndef BACKEND_REDIS_ROLE_H
#define BACKEND_REDIS_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_cut_off.h"
#include "backend/redis_failure.h"
#include "base/slice.h"
#include "proto/resp_items.h"

struct conf_redis;
struct metrics;

/* Of all connections to a server. */
struct redis_role_rule {
	bool is_any;             /* redis.role: nobody asks */
	bool is_warned;          /* that it cannot be known */
	bool has_sentinels;      /* who name the server, in place of a URL */
	const char *source;      /* conf_redis_name */
	struct metrics *metrics; /* borrowed; NULL: nobody wants to know */
	/*
	 * Of a cluster, borrowed, by the bits of enum redis_role_unknown: why
	 * it is not known who is cut off, as far as that is in the log. NULL:
	 * it is no cluster.
	 */
	unsigned *cut_off_told;
};

/* Why it is not known whether a node is cut off. */
enum redis_role_unknown {
	REDIS_ROLE_REFUSED = 1 << 0, /* the question, as it ever will be */
	REDIS_ROLE_ODD = 1 << 1,     /* this answer says nothing */
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
	bool is_about_cluster; /* what is asked now */
	bool is_cluster_mute;  /* that was refused: it is asked no more */
	bool is_refused;       /* the answer is an error that stays */
	enum redis_cut_off cut_off;
	size_t items;            /* of the answer, so far */
	struct resp_whole whole; /* what of it is to come */
	char word[16];           /* what it says; "" where it says nothing */
};

enum {
	REDIS_ROLE_WORDS = 2,         /* of the longest question */
	REDIS_ROLE_MAX_ITEMS = 65536, /* of an answer: four a replica */
};

struct redis_role_rule redis_role_rule_of(const struct conf_redis *conf);

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
