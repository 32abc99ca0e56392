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

/* For so long they may not all have heard of it: sentinels meet each 2 s. */
enum { REDIS_RUMOUR_MS = 5000 };

/* Zero-initialised: nothing is said. */
struct redis_rumour {
	bool is_open;     /* whether it was right is not known yet */
	size_t by;        /* the number of the sentinel */
	int64_t since_ms; /* by clock_ms */
	struct address left;
	bool has_misled[REDIS_QUORUM_MAX];
};

/*
 * A sentinel says that a server is the master no more; what another one has
 * said is forgotten. False where it is not believed: it has misled us, or what
 * it said last has not been judged yet.
 */
bool redis_rumour_take(struct redis_rumour *r, size_t sentinel,
    const struct address *left, int64_t now_ms)
    __attribute__((warn_unused_result));

/* The server that is said to be none; NULL: nothing is believed by now. */
const struct address *redis_rumour_left(
    const struct redis_rumour *r, int64_t now_ms);

/*
 * Most sentinels name this one. True: it is the one of a rumour that has had
 * its time, and r->by has misled us. Once.
 */
bool redis_rumour_judge(struct redis_rumour *r, const struct address *master,
    int64_t now_ms) __attribute__((warn_unused_result));

#endif
