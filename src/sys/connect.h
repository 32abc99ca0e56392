/*
 * connect: a socket to an address, for programs that have nothing else to do
 * meanwhile. What runs on an event base goes by sys/resolve and sys/dial.
 */
#ifndef SYS_CONNECT_H
#define SYS_CONNECT_H

#include "base/err.h"

struct address;

/*
 * Connect, trying all the addresses that a name has; where somebody listens at
 * all addresses of the machine, loopback is one. In patience_ms, without
 * what it takes to look the name up. Returns a socket that blocks, for as long
 * at most a call; or a negative errno with e.
 */
int connect_to(const struct address *a, int patience_ms, struct err *e)
    __attribute__((warn_unused_result));

#endif
