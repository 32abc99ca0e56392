/*
 * seat_rounds: while a seat is kept (core/seats), every worker is asked about
 * twice a second what has changed. Workers tell of that at times of their own:
 * of who has left one of them, perhaps before another one tells that he had
 * come there. At the end of a round that began later all of it is known, and
 * the seat is one at which nobody is. Main thread.
 */
#ifndef CORE_SEAT_ROUNDS_H
#define CORE_SEAT_ROUNDS_H

#include <stdint.h>

struct outbox;
struct seat_rounds;
struct seats;

/* How many a seat is kept for: 1 s at least, from one to the next. */
enum { SEAT_ROUNDS = 3 };

/*
 * Of these seats, which outlive them as the outbox does. on_end is called when
 * one is over. Aborts when memory is out; the caller owns them.
 */
struct seat_rounds *seat_rounds_new(struct outbox *outbox, struct seats *seats,
    void (*on_end)(void *arg), void *arg);
/* No worker answers any more. NULL is fine. */
void seat_rounds_free(struct seat_rounds *r);

/* Begin one, if that is due; to be called more than once a second. */
void seat_rounds_tick(struct seat_rounds *r, int64_t now_ms);

#endif
