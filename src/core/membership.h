/*
 * membership: which connection is in which room. A connection has its rooms, a
 * room its members, and each entry knows where the other one stands: both sides
 * are written here and nowhere else. A room is made for its first member and
 * goes with its last, and the hub hears of both. The worker's thread.
 */
#ifndef CORE_MEMBERSHIP_H
#define CORE_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct conn;
struct lost_rooms;
struct room_notice;
struct worker;

/*
 * Become a member of the room. 0; -EEXIST when it is one already, -ENOMEM.
 * Before OPEN pending_rooms grows when the room is not watched yet, and it is
 * -EACCES when it cannot be.
 */
int membership_join(struct conn *c, struct slice name, uint64_t hash)
    __attribute__((warn_unused_result));

/*
 * Join the room of its user (core/room.h), whose name is valid: what is for
 * the user reaches it then. Before its other rooms, and it stays the first of
 * them. 0 or -ENOMEM. It does not count in conn_room_count.
 */
int membership_join_user(struct conn *c, struct slice user)
    __attribute__((warn_unused_result));

/* Whether the connection is a member of the room. */
bool membership_has(struct conn *c, struct slice name, uint64_t hash);

/*
 * Leave a room; false when it is no member. pending_rooms shrinks when the
 * room is not watched, be it refused by now.
 */
bool membership_leave(struct conn *c, struct slice name, uint64_t hash);

/* Leave all rooms, its user's too. */
void membership_leave_all(struct conn *c);

/* Whether one of the connection's rooms cannot be watched. */
bool membership_is_refused(struct conn *c);

/* Whether one of its rooms, its user's aside, is among these. */
bool membership_is_lost(struct conn *c, const struct lost_rooms *rooms);

/*
 * The hub says that what is published to the room's own channel arrives from
 * now on; or that it does not. Returns how many members were looked at.
 */
size_t membership_watched(struct worker *w, const struct room_notice *n);
size_t membership_refused(struct worker *w, const struct room_notice *n);

/* The user that it is, empty when it is none. Borrowed from its room. */
struct slice membership_user(const struct conn *c);

#endif
