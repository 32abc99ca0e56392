/*
 * cursor_age: how far back cursors are, as operators see it, so that what is
 * kept can be made to reach that far. The main thread's.
 */
#ifndef CORE_CURSOR_AGE_H
#define CORE_CURSOR_AGE_H

#include <stdint.h>

struct metrics;

/* A client has come with a cursor that is as old as that. */
void cursor_age_count(struct metrics *m, int64_t age_ms);
/* With one that is older than what is kept. */
void cursor_age_count_old(struct metrics *m);

#endif
