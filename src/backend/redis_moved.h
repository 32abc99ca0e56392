/*
 * redis_moved: whether the name of a server still leads to the address that is
 * in use. An endpoint that moves to another machine does so by its name, and
 * the old one may live on. No answer says nothing, and a few without the
 * address little, as names may lead to some of many in turn. Main thread.
 *
 * A few suffice while the name has led to one other place only. It flaps once
 * it has led to a third, or back to the address in use, and then as many are
 * needed as REDIS_MOVED_SHARE for each address it is known to have. Of n in
 * strict turn the one in use is away for n - 1. Of n at random it is away for
 * 16 n in a row with a probability of (1 - 1/n)^16n, less than e^-16: at one
 * look-up a second that happens once in six years. After as many answers with
 * the address in use the name is steady again, and its past is forgotten.
 */
#ifndef BACKEND_REDIS_MOVED_H
#define BACKEND_REDIS_MOVED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "sys/resolve.h"

struct redis_find;
struct redis_find_query;

/* Answers in a row: of a steady name; for each address of one that flaps. */
enum { REDIS_MOVED_ANSWERS = 3, REDIS_MOVED_SHARE = 16 };

struct redis_moved {
	struct redis_find *find;        /* borrowed */
	struct redis_find_query *query; /* owned; NULL: none is under way */
	struct address name; /* what it is about: an oracle may tell another */
	struct resolve_address in_use;
	/* That one, and those of answers without it: since it was steady. */
	struct resolve_address seen[RESOLVE_MAX];
	size_t seen_count;
	bool flaps;       /* of the name: outlives the connection */
	unsigned absent;  /* answers in a row, without the one in use */
	unsigned present; /* and with it */
	void (*fn)(void *arg);
	void *arg;
};

/* fn is called by an answer: it has to end m, until it is begun anew. */
void redis_moved_init(struct redis_moved *m, struct redis_find *find,
    void (*fn)(void *arg), void *arg);

/* Connected to this address: it is the one in use. */
void redis_moved_begin(
    struct redis_moved *m, const struct resolve_address *in_use);

/* Not connected any more: fn is not called. Also before m is freed. */
void redis_moved_end(struct redis_moved *m);

/* Ask, as at each heartbeat; nothing while a question is under way. */
void redis_moved_ask(struct redis_moved *m);

#endif
