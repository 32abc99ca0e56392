/*
 * catch_up: a slow reader that loses nothing. What waits for it is dropped, but
 * for the frame of which a byte has left, and it is behind from before the
 * oldest message that was: when its queue has drained it gets all of that of
 * the history (core/behind). The worker's thread.
 */
#ifndef CORE_CATCH_UP_H
#define CORE_CATCH_UP_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct message;

/*
 * Whether that is what becomes of a connection whose queue is full. With ids
 * also in place of drop_oldest and drop_newest.
 */
bool catch_up_is_due(const struct conn *c);

/*
 * Let it be behind; newest did not come into its queue. The socket takes no
 * more for now. Out of memory it is closed.
 */
void catch_up_begin(struct conn *c, const struct message *newest);

/* m has come while it is behind: what is not kept it will not get. */
void catch_up_passed_by(struct conn *c, const struct message *m);

/*
 * A command that comes behind this position is about to change the rooms of a
 * connection that is live: of what waits for it that was for the rooms of
 * before. False: out of memory it had to be closed.
 */
bool catch_up_note_move(struct conn *c, uint64_t after);

#endif
