/*
 * payload: what the load client publishes and finds again in what arrives.
 *
 * A JSON object that opens with fixed keys and is filled up to the wanted
 * size: {"s":SEQ,"t":SENT_NS,"n":NUMBER,"r":ROOM,"p":"xxxx"}. It is valid as
 * the bytes of a room channel and as the message of an envelope.
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { PAYLOAD_HEAD_MAX = 96 }; /* with the longest numbers, closed */

struct payload {
	uint64_t seq;     /* counts the room's messages, from 0 */
	uint64_t sent_ns; /* CLOCK_MONOTONIC of this machine */
	uint64_t number;  /* counts all messages, from 0 */
	uint64_t room;
	struct slice filler; /* borrowed: what fills it up; empty: 'x' */
};

/*
 * Append exactly size bytes, at least PAYLOAD_HEAD_MAX: filled up from filler,
 * each message from another place.
 */
void payload_put(struct buf *out, const struct payload *p, size_t size);

/*
 * Read the head from the first bytes of a message; -1 when they are none of
 * ours.
 */
int payload_parse(struct payload *p, const char *text, size_t len)
    __attribute__((warn_unused_result));

#endif
