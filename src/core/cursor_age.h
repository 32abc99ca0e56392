/*
 * cursor_age: how far back cursors are, as operators see it, so that what is
 * kept can be made to reach that far. The main thread's.
 */
#ifndef CORE_CURSOR_AGE_H
#define CORE_CURSOR_AGE_H

#include <stdint.h>

#include "core/history.h"

struct metrics;
struct resume;

/* How long ago the first message came that r misses, whose position is kept. */
int64_t cursor_age_of(
    const struct history *h, const struct resume *r, int64_t now_ms);

/* A client has come with a cursor that is as old as that. */
void cursor_age_count(struct metrics *m, int64_t age_ms);
/* With one that is older than what is kept. */
void cursor_age_count_old(struct metrics *m);
/* What was found of its cursor, for the log. */
void cursor_age_log(
    const struct history *h, const struct resume *r, enum history_found found);

#endif
