/*
 * lookback: the query parameter `history`, with which a client asks for the
 * last messages, where its route permits.
 */
#ifndef NET_LOOKBACK_H
#define NET_LOOKBACK_H

#include <stdint.h>

#include "core/refused.h"
#include "net/request.h"

struct conn;

/*
 * How many messages the request asks for, at most as many as its route, which
 * is found, says. REFUSED_NOT, or why it is refused. Beside a cursor it counts
 * for nothing, as the caller knows.
 */
enum refused lookback_read(
    const struct conn *c, const struct request *r, uint32_t *count);

#endif
