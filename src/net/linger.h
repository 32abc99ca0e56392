/*
 * linger: how a connection ends. When our last words are on their way the
 * socket is half-closed (LINGER), and what the peer still sends is thrown
 * away: so it reads those words instead of a reset.
 */
#ifndef NET_LINGER_H
#define NET_LINGER_H

#include <stdint.h>

#include "base/slice.h"

struct conn;

/* Nothing more to say: half-close. From any state but LINGER and DEAD. */
void linger_start(struct conn *c);
/*
 * The same behind an answer, which is small: what the socket does not take of
 * it at once is lost. Before OPEN.
 */
void linger_answer(struct conn *c, struct slice bytes);
/* LINGER: the peer has had its time. */
void linger_on_due(struct conn *c);

/* CLOSING begins, which the half minute of linger_wait_or_kill counts from. */
void linger_note_closing(struct conn *c);
/*
 * The peer had delay_ms to go: wait as long again while it still takes what we
 * have sent, for half a minute in all. Otherwise kill it.
 */
void linger_wait_or_kill(struct conn *c, int64_t delay_ms);

#endif
