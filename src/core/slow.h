/*
 * slow: a reader whose queue is full, and what delivery.slow_consumer says of
 * one that stays so. The worker's thread.
 */
#ifndef CORE_SLOW_H
#define CORE_SLOW_H

#include <stdbool.h>
#include <stddef.h>

struct conn;
struct message;

/*
 * The queue has no room for m, which costs extra bytes. False when it is not to
 * be queued; the connection may have been closed for it, or be behind.
 */
bool slow_make_room(struct conn *c, const struct message *m, size_t extra);

#endif
