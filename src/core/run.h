/*
 * run: messages for one room that came together go to its members as one (see
 * struct run in core/outq.h). So a member costs the same, however many there
 * are: one reference, and one piece of memory to write.
 *
 * A member that cannot take them as one gets one after the other, as by
 * core/fanout. The worker's thread.
 */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "core/sweep.h"

struct worker;

enum {
	RUN_MESSAGES = SWEEP_MESSAGES, /* of one run at most */
	RUN_MESSAGE_BYTES = 2 << 10,   /* what is larger is not worth a copy */
	RUN_STRETCH = 4,
};

/*
 * How many messages, the next mail and those behind it, can go as one: at most
 * so many. Below 2: the next message goes by itself.
 *
 * To nearly all members a run is one delivery. So that one which nobody can
 * take as one is bounded as well, its messages to all of them are no more than
 * RUN_STRETCH times so many deliveries.
 */
uint32_t run_length(const struct worker *w, size_t messages, size_t deliveries);

/*
 * Give so many, at least 2, to all members of their room here. Takes the
 * worker's references of them, and adds to *count as fanout does: one for each
 * member that takes them as one.
 */
void run_deliver(struct worker *w, uint32_t length, size_t *count);

#endif
