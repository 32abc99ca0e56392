/*
 * tally: is what arrived what was published? Loss, duplicates and order,
 * from the sequence that each room's messages carry.
 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdint.h>

#include "histogram.h"
#include "wsclient.h"

struct tally {
	uint64_t delivered;       /* each message once for each connection */
	uint64_t duplicated;      /* came again, or more than 63 places late */
	uint64_t reordered;       /* came behind a later one */
	uint64_t foreign;         /* of a room that the connection is not in */
	uint64_t damaged;         /* none of ours, or of another size */
	struct histogram latency; /* publish to here, in ns */
};

/*
 * Judge the message that client has just completed at now_ns. True when it is
 * one that was still to come.
 */
bool tally_add(
    struct tally *t, struct wsclient *client, uint64_t size, uint64_t now_ns);

#endif
