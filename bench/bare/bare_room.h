/*
 * bare_room: rooms as vectors of sockets, and the loop that writes to them.
 *
 * Publishing encodes a frame behind those that are pending; the pending ones
 * go out, one send() for each member, when the batch is full, when another
 * room's turn comes, and at bare_room_flush. What a full socket does not take
 * is sent when it can: nobody else waits for it, until the room's next write.
 */
#ifndef BENCH_BARE_ROOM_H
#define BENCH_BARE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* What it does wrong on purpose, to every so manyth message. */
enum bare_fault {
	BARE_FAULT_NONE,
	BARE_FAULT_DROP,    /* nobody gets it */
	BARE_FAULT_DUP,     /* everybody gets it twice */
	BARE_FAULT_REORDER, /* it goes behind the next one */
	BARE_FAULT_FOREIGN, /* it goes to the next room */
};

struct bare_policy {
	unsigned batch; /* messages a write, at least 1 */
	enum bare_fault fault;
	unsigned every;
};

/* Polls a socket for writing, or no longer. */
struct bare_poll {
	void (*set)(void *arg, int fd, bool is_full);
	void *arg;
};

struct bare_rest;

/* Where a member stands; embedded by its owner, stays at its address. */
struct bare_place {
	int fd;
	uint32_t room;
	size_t index;
	struct bare_rest *rest; /* ref; what its full socket lacks, or NULL */
	size_t rest_sent;
};

struct bare_rooms;

/* No rooms; aborts when memory is out. Lives as long as the process. */
struct bare_rooms *bare_rooms_new(
    const struct bare_policy *policy, struct bare_poll poll);

/* Join the room of that number as the last; it is made when it is new. */
void bare_room_join(
    struct bare_rooms *rooms, struct bare_place *place, int fd, uint32_t room);
/* Its place is given to the last member. */
void bare_room_leave(struct bare_rooms *rooms, struct bare_place *place);

/* Encode the content, copied, for the members of the room. */
void bare_room_publish(
    struct bare_rooms *rooms, uint32_t room, struct slice content);
/* Write what is pending. */
void bare_room_flush(struct bare_rooms *rooms);
/* The socket of a member that was full can be written again. */
void bare_room_continue(struct bare_rooms *rooms, struct bare_place *place);

#endif
