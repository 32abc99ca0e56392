/*
 * goodbye: how an open connection ends (OPEN to CLOSING, LINGER or DEAD): why,
 * counted, logged and told to the app in one place, and the last words of both
 * sides. All of it on the worker's thread, which owns the connection; one that
 * is killed lives to the end of the turn.
 */
#ifndef NET_GOODBYE_H
#define NET_GOODBYE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/closed.h"

struct conn;
struct session_input;

/*
 * This side ends it, for this reason: our close frame goes behind what is
 * queued when flush is true, or in place of that, and the peer has a while to
 * answer. Killed where the reason has no close frame, where there is no memory
 * for one, and where it is not OPEN any more.
 */
void goodbye_close(struct conn *c, enum close_reason reason, bool flush);

/* The app ends it, with a code and a reason (borrowed) of its own. OPEN. */
void goodbye_disconnect(struct conn *c, uint16_t code, struct slice reason);

/*
 * Nothing the peer sends counts from here on: it has left, or is mistaken, as
 * input says, whose is_over is true. words, borrowed, are ours in answer, in
 * place of what is queued; once they are out it is half-closed. OPEN, CLOSING.
 */
void goodbye_answer(
    struct conn *c, const struct session_input *input, struct slice words);

/* The peer has closed its side of the socket without a word. OPEN, CLOSING. */
void goodbye_leave(struct conn *c);

/* As transport_ops have it: half-close, where the peer has said its last. */
void goodbye_on_flushed(struct conn *c);

/* The peer has had its time to answer: wait on, or kill it. CLOSING. */
void goodbye_on_due(struct conn *c);

#endif
