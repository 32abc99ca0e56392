/*
 * sweep: what a worker has under way: the messages that were taken and have not
 * been written yet to all whom they have reached. How much that may be, and how
 * long it takes, from the read of the payload to the last write. A reader whose
 * socket takes no more is not waited for; how long those keep messages waiting
 * core/ages knows.
 *
 * Connections are written to in the order in which they became dirty. So what
 * was taken has left when as many have been popped from that queue as had been
 * put by then: nothing is done for a delivery. (Who waits in core/bulk is not
 * in that queue: small ones behind what is large are not waited for.) The clock
 * is read once for each read of the backend, and once when some have left.
 */
#ifndef CORE_SWEEP_H
#define CORE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message;
struct metrics;

/* Under way at most; of bytes that is exceeded by no more than a message. */
enum {
	SWEEP_MESSAGES = 64,
	SWEEP_BYTES = 128 << 10, /* all memory: stay below delivery.queue */
};

/* Zero-initialised. */
struct sweep {
	uint32_t messages; /* of all entries */
	size_t bytes;
	uint32_t head, count; /* of the entries, which are a ring */
	struct sweep_read {
		uint32_t read_us; /* as in the messages; 0: not measured */
		uint32_t messages;
		size_t bytes;
		uint64_t end; /* as in sweep_set_end */
	} reads[SWEEP_MESSAGES];
};

static inline bool sweep_is_full(const struct sweep *s)
{
	return s->messages >= SWEEP_MESSAGES || s->bytes >= SWEEP_BYTES;
}

/* One more message, of one that is not full. Before it is fanned out. */
void sweep_add(struct sweep *s, const struct message *m);

/*
 * All whom those added since the last time have reached are in the queue of the
 * dirty, into which so many have been put ever.
 */
void sweep_set_end(struct sweep *s, uint64_t put);

/* So many have been popped from that queue ever. */
void sweep_pass(struct sweep *s, uint64_t popped, struct metrics *m);

#endif
