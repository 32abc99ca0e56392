/*
 * redis_redirect: the errors by which a node of a cluster sends a client to
 * another one. No sockets.
 */
#ifndef BACKEND_REDIS_REDIRECT_H
#define BACKEND_REDIS_REDIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/slice.h"

enum redis_redirect_kind {
	REDIS_REDIRECT_MOVED, /* the slot is there, from now on */
	REDIS_REDIRECT_ASK,   /* it is moving there: this once, behind ASKING */
};

struct redis_redirect {
	enum redis_redirect_kind kind;
	uint16_t slot;     /* below REDIS_SLOTS */
	struct address to; /* without a port: it does not say where */
};

/*
 * Read an error, without its '-': MOVED or ASK, slot, host:port, where the host
 * may be an IPv6 address without brackets, and none is that of the node that
 * was asked, and "?" nobody knows where. False when it is something else; *r is
 * then undefined.
 */
bool redis_redirect_read(
    struct redis_redirect *r, struct slice error, const struct address *asked);

#endif
