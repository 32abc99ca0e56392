/*
 * occupancy: the seats of all workers, on the main thread. With Redis the
 * backend writes them to where those of all instances are; with the embedded
 * port there is nobody else, and rooms are occupied and vacated here.
 */
#ifndef CORE_OCCUPANCY_H
#define CORE_OCCUPANCY_H

#include <stdint.h>

#include "base/slice.h"
#include "core/seats.h"

struct backend;
struct backend_ops;
struct seats_page;

typedef void (*occupancy_fn)(void *arg, struct slice room, bool is_occupied);

struct occupancy {
	struct seats seats;
	/* Where the backend writes no seats: who is told; or NULL. */
	occupancy_fn on_changed;
	void *arg;
};

/* Aborts when memory is out. */
void occupancy_init(struct occupancy *o, occupancy_fn on_changed, void *arg);
void occupancy_fini(struct occupancy *o);

/* MAIL_PRESENCE: what has changed at a worker; takes the page. */
void occupancy_take(struct occupancy *o, struct seats_page *page);
/* Have it known. */
void occupancy_tell(struct occupancy *o, const struct backend_ops *ops,
    struct backend *backend);

#endif
