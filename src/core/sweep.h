/*
 * sweep: how long messages take from the read of their payload to their last
 * write. A worker takes messages when all connections have been written to, and
 * then writes to all that these have reached: when nobody is left they have
 * left, but for readers whose sockets take no more; how long those keep
 * messages waiting core/ages knows. A large message has a sweep of its own, as
 * others are taken while it leaves: core/bulk.
 *
 * So nothing is done for a delivery. The clock is read once for each read of
 * the backend, and once when a sweep is over; what was read at once is one
 * entry.
 */
#ifndef CORE_SWEEP_H
#define CORE_SWEEP_H

#include <assert.h>
#include <stdint.h>

struct metrics;

enum { SWEEP_MESSAGES = 64 }; /* of one sweep at most */

/* Zero-initialised. */
struct sweep {
	uint32_t count;
	struct sweep_read {
		uint32_t read_us; /* as in the message */
		uint32_t messages;
	} reads[SWEEP_MESSAGES];
};

/* One more message, whose members are about to be written to. */
static inline void sweep_add(struct sweep *s, uint32_t read_us)
{
	if (read_us == 0)
		return;
	if (s->count == 0 || s->reads[s->count - 1].read_us != read_us) {
		assert(s->count < SWEEP_MESSAGES);
		s->reads[s->count++] = (struct sweep_read){ read_us, 0 };
	}
	s->reads[s->count - 1].messages++;
}

/* Nobody is left to be written to. */
void sweep_end(struct sweep *s, struct metrics *m);

#endif
