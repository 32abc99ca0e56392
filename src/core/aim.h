/*
 * aim: whom a message or a command is for, as the hub has found out: rooms by
 * name and hash, connections by their place. A user is a room by now
 * (core/room.h). Made by core/lookup, copied into what is posted.
 */
#ifndef CORE_AIM_H
#define CORE_AIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/ids.h"

/* A name of a room, or of whom it spares. */
struct aim_room {
	uint64_t hash; /* of the name, under the hub's key */
	struct slice name;
};

/* All arrays are borrowed. Connections may be of other workers, or gone. */
struct aim {
	const struct aim_room *rooms;
	const struct conn_ref *connections;
	const struct conn_ref *excepts; /* left out, whatever reaches them */
	/*
	 * Whoever was called so is left out as well (core/aliases); all names
	 * of the payload, those that excepts are of among them.
	 */
	const struct aim_room *spared;
	uint32_t room_count;
	uint32_t connection_count;
	uint32_t except_count;
	uint32_t spared_count;
	bool is_everyone;    /* every connection; the arrays are empty then */
	bool wants_deflated; /* somebody of them may */
};

/* How many rooms and connections it names, in this order, to walk over. */
static inline uint32_t aim_count(const struct aim *a)
{
	return a->room_count + a->connection_count;
}

/* How many bytes aim_copy takes: a multiple of 8. */
size_t aim_size(const struct aim *a);

/*
 * Copy an aim with all its arrays and names to out, which is aligned to 8;
 * *to is set to the copy. Returns the end of what was written.
 */
char *aim_copy(struct aim *to, const struct aim *from, char *out);

#endif
