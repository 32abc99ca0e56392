/*
 * redis_site_map: at which site a slot is to be had: by what a node has said of
 * all slots, and by what servers have said of single ones since then. What a
 * site is, its owner knows. No sockets.
 */
#ifndef BACKEND_REDIS_SITE_MAP_H
#define BACKEND_REDIS_SITE_MAP_H

#include <stdbool.h>

#include "backend/redis_slots.h"

struct redis_site_map {
	struct redis_slots *slots;    /* owned */
	struct redis_slot_set hopped; /* by a word of a server, since then */
	/* Of each master, by its number; borrowed. NULL: it has none. */
	void *of[REDIS_SLOTS_MAX_MASTERS];
};

/* All slots are nobody's. */
void redis_site_map_init(struct redis_site_map *m);
void redis_site_map_fini(struct redis_site_map *m);

/* Where all slots are, copied; no master has a site any more. */
void redis_site_map_know(
    struct redis_site_map *m, const struct redis_slots *slots);

/*
 * The site of the master at an address is this one, or none: NULL. False when
 * there is no such master.
 */
bool redis_site_map_set(
    struct redis_site_map *m, const struct address *master, void *site);

/*
 * The site of a slot's master; NULL when it has none. *master is where that is,
 * until the next change; NULL: the slot is nobody's.
 */
void *redis_site_map_find(const struct redis_site_map *m, uint16_t slot,
    const struct address **master);

/*
 * A server has said that a slot is not there, but at this one, or NULL: not
 * where. One such word is believed, until all is known anew: two servers may
 * send us to each other, as long as one has not heard of a move. Else, and
 * where there is no room for one more master, the slot is nobody's then.
 */
void redis_site_map_hop(
    struct redis_site_map *m, uint16_t slot, const struct address *to);

/* Add the slots of a site. */
void redis_site_map_slots(const struct redis_site_map *m, const void *site,
    struct redis_slot_set *slots);

#endif
