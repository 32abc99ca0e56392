/*
 * refuse_close: a refusal that a page can read. A browser keeps the status of a
 * failed handshake to itself; on a route with `refuse: close` the upgrade
 * completes instead, and a close frame is all that follows.
 */
#ifndef NET_REFUSE_CLOSE_H
#define NET_REFUSE_CLOSE_H

#include <stddef.h>
#include <stdint.h>

#include "core/refused.h"
#include "proto/frame.h"
#include "proto/handshake.h"

struct conn;

enum { REFUSE_CLOSE_MAX = HANDSHAKE_RESPONSE_MAX + FRAME_CONTROL_MAX };

/*
 * The code of the close frame that tells it, 4000 and the status; 0 where the
 * status does: its request is no whole handshake of a WebSocket, or its route
 * is another. Finds its route where nobody has yet. Before OPEN.
 */
uint16_t refuse_close_code(struct conn *c, enum refused why);

/*
 * Where that is not 0: write the 101 and the close frame, with as much of text
 * as fits for a reason, to out (REFUSE_CLOSE_MAX bytes). Returns the length.
 */
size_t refuse_close_print(
    const struct conn *c, uint16_t code, const char *text, char *out);

#endif
