/*
 * redis_refusal: what an error means on a connection that subscribes: which
 * command it is about, and whether its slot is elsewhere. No sockets.
 */
#ifndef BACKEND_REDIS_REFUSAL_H
#define BACKEND_REDIS_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_failure.h"
#include "base/address.h"
#include "base/slice.h"

struct redis_channels;

struct redis_refusal {
	struct redis_failure why;
	/*
	 * Some channel of the command that is due is not permitted, and not the
	 * command itself: a server knows these two, in words that have changed
	 * with its versions.
	 */
	bool is_about_channels;
	bool is_elsewhere; /* the slot is another server's, or nobody's */
	uint16_t slot; /* of that; where the error has none, of what is due */
	struct address to; /* the same; without a port: it has none */
};

/*
 * Read an error, without its '-'. channels say what is due; asked is the server
 * that sends it.
 */
void redis_refusal_read(struct redis_refusal *r, struct slice error,
    const struct redis_channels *channels, const struct address *asked);

#endif
