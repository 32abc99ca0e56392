#include "bare_room.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/mem.h"

enum { ROOMS_MAX = 1 << 20, FRAME_TEXT = 0x81 };

struct room {
	struct bare_place **members; /* owned array of borrowed places */
	size_t count;
	size_t cap;
};

struct bare_rooms {
	struct bare_policy policy;
	struct room *rooms; /* owned */
	size_t count;
	struct buf pending; /* frames for one room */
	unsigned pending_count;
	uint32_t pending_room;
	unsigned long published;
	struct buf held; /* a message that goes behind its room's next one */
	uint32_t held_room;
	uint32_t last_room; /* the highest that somebody joined */
};

struct bare_rooms *bare_rooms_new(const struct bare_policy *policy)
{
	struct bare_rooms *r = xcalloc(1, sizeof *r);

	r->policy = *policy;
	return r;
}

static struct room *room_of(struct bare_rooms *r, uint32_t number)
{
	size_t wanted = number % ROOMS_MAX + 1;

	if (wanted > r->count) {
		size_t count = wanted * 2;

		r->rooms = xrealloc_array(r->rooms, count, sizeof *r->rooms);
		for (size_t i = r->count; i < count; i++)
			r->rooms[i] = (struct room){ 0 };
		r->count = count;
	}
	return &r->rooms[wanted - 1];
}

void bare_room_join(
    struct bare_rooms *rooms, struct bare_place *place, int fd, uint32_t number)
{
	struct room *room = room_of(rooms, number);

	if (number > rooms->last_room)
		rooms->last_room = number;
	if (room->count == room->cap) {
		room->cap = room->cap ? room->cap * 2 : 4;
		room->members = xrealloc_array(
		    room->members, room->cap, sizeof(struct bare_place *));
	}
	*place = (struct bare_place){ fd, number, room->count };
	room->members[room->count++] = place;
}

void bare_room_leave(struct bare_rooms *rooms, struct bare_place *place)
{
	struct room *room = room_of(rooms, place->room);
	struct bare_place *last = room->members[--room->count];

	room->members[place->index] = last;
	last->index = place->index;
}

/*
 * A write that the socket takes in part is waited for. A socket that failed
 * is left to its next read.
 */
static void send_all(int fd, const char *data, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	while (len > 0) {
		ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN)
			(void)poll(&pfd, 1, -1);
		else if (sent < 0 && errno != EINTR)
			return;
		if (sent > 0) {
			data += sent;
			len -= (size_t)sent;
		}
	}
}

void bare_room_flush(struct bare_rooms *rooms)
{
	struct room *room = room_of(rooms, rooms->pending_room);

	if (rooms->pending_count == 0)
		return;
	for (size_t i = 0; i < room->count; i++)
		send_all(room->members[i]->fd, rooms->pending.data,
		    rooms->pending.len);
	rooms->pending.len = 0;
	rooms->pending_count = 0;
}

static void encode(struct buf *out, struct slice content)
{
	unsigned char head[10] = { FRAME_TEXT };
	size_t bytes = content.len < 126           ? 0
		       : content.len <= UINT16_MAX ? 2
						   : 8;

	head[1] = (unsigned char)(bytes == 0   ? content.len
				  : bytes == 2 ? 126
					       : 127);
	for (size_t i = 0; i < bytes; i++)
		head[2 + i] =
		    (unsigned char)(content.len >> 8 * (bytes - 1 - i));
	buf_putn(out, (const char *)head, 2 + bytes);
	buf_putn(out, content.ptr, content.len);
}

static void add_pending(
    struct bare_rooms *r, uint32_t number, struct slice content)
{
	if (r->pending_count > 0 && r->pending_room != number)
		bare_room_flush(r);
	r->pending_room = number;
	r->pending_count++;
	encode(&r->pending, content);
	if (r->pending_count >= r->policy.batch)
		bare_room_flush(r);
}

/* Make the due fault; true when the message is dealt with. */
static bool cheat(struct bare_rooms *r, uint32_t number, struct slice content)
{
	switch (r->policy.fault) {
	case BARE_FAULT_NONE:
		return false;
	case BARE_FAULT_DROP:
		return true;
	case BARE_FAULT_DUP:
		add_pending(r, number, content);
		return false;
	case BARE_FAULT_REORDER:
		if (r->held.len > 0)
			return false; /* its room has had no other since */
		buf_putn(&r->held, content.ptr, content.len);
		r->held_room = number;
		return true;
	case BARE_FAULT_FOREIGN:
		add_pending(
		    r, number == r->last_room ? 0 : number + 1, content);
		return true;
	}
	return false;
}

void bare_room_publish(
    struct bare_rooms *rooms, uint32_t number, struct slice content)
{
	rooms->published++;
	if (rooms->policy.fault &&
	    rooms->published % rooms->policy.every == 0 &&
	    cheat(rooms, number, content))
		return;
	add_pending(rooms, number, content);
	if (rooms->held.len > 0 && rooms->held_room == number) {
		add_pending(rooms, number, buf_slice(&rooms->held));
		rooms->held.len = 0;
	}
}
