/*
 * log_follow: the newest lines of one part of the log, for who follows it from
 * elsewhere. Lines are kept only while somebody does, the newest ones up to a
 * bound; who reads too late is told how many have gone.
 */
#ifndef BASE_LOG_FOLLOW_H
#define BASE_LOG_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	LOG_FOLLOW_LINES = 512,
	LOG_FOLLOW_LINE = 2048,      /* bytes of one; a longer one has gone */
	LOG_FOLLOW_LEASE_MS = 15000, /* so long behind a read lines are kept */
};

/* Whether lines are to be kept. Any thread: it is one look. */
bool log_follow_is_on(void);

/* Keep a line, a JSON object. Any thread. */
void log_follow_put(struct slice line);

/*
 * A line that nobody follows: it has gone for who comes back for it. Nothing
 * before anybody has followed. Any thread: it waits for nobody.
 */
void log_follow_pass(void);

typedef void (*log_follow_fn)(void *arg, struct slice line);

/*
 * Call fn for each line from number *since on, in order; 0: for none, but those
 * that come from now on. *since is then where to go on, and *lost how many of
 * them have gone. fn may not log. Lines are kept from now on. Any thread.
 */
void log_follow_read(
    uint64_t *since, uint64_t *lost, log_follow_fn fn, void *arg);

#endif
