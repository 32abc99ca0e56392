/*
 * pace: the backend is not read while a worker is too far behind, so that what
 * it sends waits there and not here. Part of the hub; main thread only.
 */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>

struct metrics;
struct outbox;
struct watches;

struct pace {
	struct outbox *outbox; /* borrowed, as the next two */
	const struct watches *watches;
	struct metrics *metrics;
	bool is_paused;
};

void pace_init(struct pace *p, struct outbox *outbox,
    const struct watches *watches, struct metrics *metrics);

/* Something was posted: stop where that was too much. */
void pace_check(struct pace *p);
/* A worker has space again. True: reading goes on. */
bool pace_go_on(struct pace *p);

#endif
