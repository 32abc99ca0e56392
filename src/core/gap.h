/*
 * gap: the backend may have missed messages: what on_gap of its source does
 * about it, for clients without ids. Those with ids are told every gap by notes
 * (core/note), and are never closed by it.
 */
#ifndef CORE_GAP_H
#define CORE_GAP_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf_redis.h"

struct lost_rooms;
struct message;
struct metrics;
struct outbox;
struct rooms_gap;
struct worker;

/*
 * Close all of so many connections or tell them, as the answer is; post the
 * outbox then. False: memory is out, call it again later. Main thread.
 */
bool gap_begin(enum conf_gap answer, size_t connections, struct outbox *outbox,
    struct metrics *metrics) __attribute__((warn_unused_result));

/*
 * The same for the members of some rooms, who are closed, or told once each; at
 * once, behind what the outbox has. rooms is borrowed.
 */
bool gap_begin_rooms(enum conf_gap answer, struct lost_rooms *rooms,
    struct outbox *outbox, struct metrics *metrics)
    __attribute__((warn_unused_result));

/*
 * MAIL_GAP: to those without ids whose route has a welcome, or who have an
 * event stream, in order with the messages; takes the worker's reference. The
 * worker's thread.
 */
void gap_tell(struct worker *w, struct message *m);

/*
 * MAIL_ROOMS_GAP; takes the item. Returns how many connections were looked at.
 * The worker's thread.
 */
size_t gap_take_rooms(struct worker *w, struct rooms_gap *gap);

#endif
