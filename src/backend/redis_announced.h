/*
 * redis_announced: where a master is, in the words of a sentinel. No sockets.
 */
#ifndef BACKEND_REDIS_ANNOUNCED_H
#define BACKEND_REDIS_ANNOUNCED_H

#include <stdbool.h>

#include "base/address.h"
#include "base/slice.h"

/*
 * A host, which is a name or an address without brackets, and a port. False
 * where no server can be there; *a is then undefined.
 */
bool redis_announced_address(
    struct address *a, struct slice host, struct slice port);

/* A master has become another server. */
struct redis_announced_switch {
	struct slice master; /* its name, borrowed from the text */
	struct address from, to;
};

/*
 * What is published on +switch-master: NAME HOST PORT HOST PORT, first those of
 * the old one. False when that is not what the text is.
 */
bool redis_announced_read_switch(
    struct redis_announced_switch *s, struct slice text);

#endif
