/*
 * moves: how the rooms of a connection have changed while it is behind. A join
 * or a leave holds from its command's position on: what is read for it goes by
 * the old rooms up to there, and by the new ones beyond.
 *
 * Its resume (core/resume) has the rooms that hold up to the first move; here
 * stands what holds from each move on. What core/steer notes core/behind goes
 * by; the worker's thread.
 */
#ifndef CORE_MOVES_H
#define CORE_MOVES_H

#include <stdint.h>

struct conn;
struct resume;

/* More than that while it is behind, and nobody knows any more how. */
enum { MOVES_MAX = 16 };

/*
 * A command that comes behind this position is about to change the rooms of a
 * connection that is behind. After too many, or without memory, it is
 * CONN_BEHIND_LOST.
 */
void moves_note(struct conn *c, uint64_t position);

/* The position behind which the first move comes; UINT64_MAX: there is none. */
uint64_t moves_next(const struct conn *c);

/*
 * r has come to the first move, or beyond: its rooms are those that hold now. 0
 * or -ENOMEM.
 */
int moves_pass(struct conn *c, struct resume *r)
    __attribute__((warn_unused_result));

/* It is live, or goes. */
void moves_forget(struct conn *c);

#endif
