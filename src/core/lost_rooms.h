/*
 * lost_rooms: some of all rooms, of which messages may have been missed: those
 * of a part of the servers. Who knows which made it; it never changes, and
 * threads share it.
 */
#ifndef CORE_LOST_ROOMS_H
#define CORE_LOST_ROOMS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/slice.h"

/* The first member of what is allocated; freed with free(). */
struct lost_rooms {
	_Atomic uint32_t refs; /* 1 for who makes it */
	/* Whether it is one of them. Any thread. */
	bool (*has)(const struct lost_rooms *l, struct slice room);
};

static inline struct lost_rooms *lost_rooms_ref(struct lost_rooms *l)
{
	atomic_fetch_add(&l->refs, 1);
	return l;
}

/* NULL is fine. */
static inline void lost_rooms_unref(struct lost_rooms *l)
{
	if (l && atomic_fetch_sub(&l->refs, 1) == 1)
		free(l);
}

#endif
