/*
 * redis_lost: the rooms whose channels are in some slots of a cluster, for who
 * tells their members of a gap.
 */
#ifndef BACKEND_REDIS_LOST_H
#define BACKEND_REDIS_LOST_H

#include "backend/redis_slot.h"

struct lost_rooms;

/*
 * Those of these slots, where a channel is the prefix and the room's name; both
 * are copied. The caller's reference.
 */
struct lost_rooms *redis_lost_new(
    const struct redis_slot_set *slots, const char *room_prefix);

#endif
