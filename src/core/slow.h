/*
 * slow: a reader whose queue is full, and what delivery.slow_consumer says of
 * one that stays so. The worker's thread.
 */
#ifndef CORE_SLOW_H
#define CORE_SLOW_H

#include <stdbool.h>
#include <stddef.h>

struct conn;

/*
 * The queue has no room for extra bytes. False when the message is not to be
 * queued; the connection may have been closed for it.
 */
bool slow_make_room(struct conn *c, size_t extra);

#endif
