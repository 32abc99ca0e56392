/*
 * redis_rumour: what one sentinel says alone (+switch-master), that a server is
 * the master no more. It is believed at once, as the others hear of it up to
 * two seconds later and the old master may take itself for one for longer. But
 * not for long: who said so while most go on to name that server is not
 * believed alone again. No sockets.
 */
#ifndef BACKEND_REDIS_RUMOUR_H
#define BACKEND_REDIS_RUMOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_quorum.h"
#include "base/address.h"

enum {
	/* For so long they may not all have heard of it: they meet each 2 s. */
	REDIS_RUMOUR_MS = 5000,
	/* Where most do not say what they know, it is open for so long. */
	REDIS_RUMOUR_OPEN_MS = 60000,
};

/* Zero-initialised: nothing is said. */
struct redis_rumour {
	bool is_open;     /* whether it was right is not known yet */
	size_t by;        /* the number of the sentinel */
	int64_t since_ms; /* by clock_ms */
	struct address left;
	int64_t said_ms[REDIS_QUORUM_MAX]; /* what was believed last; 0: none */
	bool has_misled[REDIS_QUORUM_MAX]; /* for as long as the process */
};

/*
 * A sentinel says that a server is the master no more; what another one has
 * said is forgotten. False where it is not believed: it has misled us, or what
 * it said last was just now or has not been judged yet.
 */
bool redis_rumour_take(struct redis_rumour *r, size_t sentinel,
    const struct address *left, int64_t now_ms)
    __attribute__((warn_unused_result));

/* The server that is said to be none; NULL: nothing is believed by now. */
const struct address *redis_rumour_left(
    const struct redis_rumour *r, int64_t now_ms);

/*
 * The sentinels name this master, more than half of all of them or only those
 * that answer. A rumour that has had its time ends where that is another server
 * than the one which was said to be none. True: most name that one still, and
 * r->by has misled us. Once.
 */
bool redis_rumour_judge(struct redis_rumour *r, const struct address *master,
    bool is_of_most, int64_t now_ms) __attribute__((warn_unused_result));

#endif
