/*
 * gap: the backend may have missed messages: what redis.on_gap does about it,
 * for clients without ids. Those with ids are told every gap by notes
 * (core/note), and are never closed by it.
 */
#ifndef CORE_GAP_H
#define CORE_GAP_H

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct message;
struct metrics;
struct outbox;
struct worker;

/*
 * Close all of so many connections or tell them, as the configuration has it;
 * post the outbox then. False: memory is out, call it again later. Main thread.
 */
bool gap_begin(const struct conf *conf, size_t connections,
    struct outbox *outbox, struct metrics *metrics)
    __attribute__((warn_unused_result));

/*
 * MAIL_GAP: to those without ids whose route has a welcome, or who have an
 * event stream, in order with the messages; takes the worker's reference. The
 * worker's thread.
 */
void gap_tell(struct worker *w, struct message *m);

#endif
