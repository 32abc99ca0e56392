/*
 * redis_moved: whether the name of a server still leads to the address that is
 * in use. An endpoint that moves to another machine does so by its name, and
 * the old one may live on. One answer without the address says nothing, as
 * names may lead to some of many in turn, and no answer even less. Main thread.
 */
#ifndef BACKEND_REDIS_MOVED_H
#define BACKEND_REDIS_MOVED_H

#include "sys/resolve.h"

struct redis_find;
struct redis_find_query;

/* In a row, without the address. */
enum { REDIS_MOVED_ANSWERS = 3 };

struct redis_moved {
	struct redis_find *find;        /* borrowed */
	struct redis_find_query *query; /* owned; NULL: none is under way */
	struct resolve_address in_use;
	unsigned absent; /* answers in a row, without it */
	void (*fn)(void *arg);
	void *arg;
};

/* fn is called by an answer, after a redis_moved_begin at most once. */
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
