/*
 * addresses: how many connections a client address has, and how fast it makes
 * new ones: limits.connections_per_address and limits.handshakes_per_address.
 *
 * One table for all workers under one lock, because a limit that each worker
 * kept for itself would be as many times too high. It is asked when a client
 * comes and told when it goes, never on the way of a message. What counts as
 * one address is ip_subscriber's to say.
 *
 * An address is forgotten when it has no connection and has been quiet for a
 * second (its handshakes have all come back then). Each admission forgets a
 * few, so the table holds those who are here and those who came within the
 * last second, and no call takes long, a doubling of the table aside.
 */
#ifndef NET_ADDRESSES_H
#define NET_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

struct addresses;

struct addresses_limits {
	size_t connections;  /* at one time; 0: no limit */
	unsigned handshakes; /* a second, and as many at once; 0: no limit */
};

enum addresses_verdict {
	ADDRESSES_ADMITTED,
	ADDRESSES_TOO_MANY, /* connections */
	ADDRESSES_TOO_FAST, /* handshakes */
	ADDRESSES_NO_MEMORY,
};

/* Make an empty table; aborts when memory is out. */
struct addresses *addresses_new(const struct addresses_limits *limits);
/* By these limits from now on; who is here stays. Main thread. */
void addresses_set_limits(
    struct addresses *a, const struct addresses_limits *limits);
/* Free a table that no other thread uses any more. NULL is fine. */
void addresses_free(struct addresses *a);

/*
 * A client comes. When it is admitted, addresses_release is due exactly once
 * when it goes; otherwise nothing is. now_ms is clock_ms or a little behind.
 * Not asked where there are no limits.
 * Any thread.
 */
enum addresses_verdict addresses_admit(
    struct addresses *a, const struct ip *client, int64_t now_ms)
    __attribute__((warn_unused_result));

/* A client that was admitted by this address has gone. Any thread. */
void addresses_release(struct addresses *a, const struct ip *client);

/* How many addresses are remembered. Any thread. */
size_t addresses_count(struct addresses *a);

#endif
