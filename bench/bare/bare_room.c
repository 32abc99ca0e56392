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

/* What full sockets still lack of one write; shared by them. */
struct bare_rest {
	struct buf data;
	size_t refs;
};

struct bare_rooms {
	struct bare_policy policy;
	struct bare_poll poll;
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

struct bare_rooms *bare_rooms_new(
    const struct bare_policy *policy, struct bare_poll poll)
{
	struct bare_rooms *r = xcalloc(1, sizeof *r);

	r->policy = *policy;
	r->poll = poll;
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
	*place = (struct bare_place){
		.fd = fd, .room = number, .index = room->count
	};
	room->members[room->count++] = place;
}

/*
 * Send from *sent on, as far as the socket takes it. A socket that failed is
 * left to its next read: for it all counts as sent.
 */
static void send_some(int fd, const char *data, size_t len, size_t *sent)
{
	while (*sent < len) {
		ssize_t n = send(fd, data + *sent, len - *sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EINTR)
			*sent = len;
		if (n > 0)
			*sent += (size_t)n;
	}
}

static void rest_unref(struct bare_rest *rest)
{
	if (--rest->refs > 0)
		return;
	buf_fini(&rest->data);
	free(rest);
}

static void end_rest(struct bare_rooms *r, struct bare_place *place)
{
	rest_unref(place->rest);
	place->rest = NULL;
	r->poll.set(r->poll.arg, place->fd, false);
}

void bare_room_continue(struct bare_rooms *rooms, struct bare_place *place)
{
	const struct bare_rest *rest = place->rest;

	if (!rest)
		return;
	send_some(
	    place->fd, rest->data.data, rest->data.len, &place->rest_sent);
	if (place->rest_sent == rest->data.len)
		end_rest(rooms, place);
}

void bare_room_leave(struct bare_rooms *rooms, struct bare_place *place)
{
	struct room *room = room_of(rooms, place->room);
	struct bare_place *last = room->members[--room->count];

	if (place->rest)
		end_rest(rooms, place);
	room->members[place->index] = last;
	last->index = place->index;
}

/* A member that is a whole write behind is waited for. */
static void await_rest(struct bare_rooms *r, struct bare_place *place)
{
	struct pollfd pfd = { .fd = place->fd, .events = POLLOUT };

	while (place->rest) {
		(void)poll(&pfd, 1, -1);
		bare_room_continue(r, place);
	}
}

/* The bytes of pending change hands, uncopied, when the first one is full. */
static void keep_rest(struct bare_rooms *r, struct bare_place *place,
    struct bare_rest **shared, size_t sent)
{
	if (!*shared) {
		*shared = xcalloc(1, sizeof **shared);
		(*shared)->data = r->pending;
		(*shared)->refs = 1;
		r->pending = (struct buf){ 0 };
	}
	(*shared)->refs++;
	place->rest = *shared;
	place->rest_sent = sent;
	r->poll.set(r->poll.arg, place->fd, true);
}

void bare_room_flush(struct bare_rooms *rooms)
{
	struct room *room = room_of(rooms, rooms->pending_room);
	const struct slice data = buf_slice(&rooms->pending);
	struct bare_rest *shared = NULL;

	if (rooms->pending_count == 0)
		return;
	for (size_t i = 0; i < room->count; i++) {
		struct bare_place *place = room->members[i];
		size_t sent = 0;

		if (place->rest)
			await_rest(rooms, place);
		send_some(place->fd, data.ptr, data.len, &sent);
		if (sent < data.len)
			keep_rest(rooms, place, &shared, sent);
	}
	if (shared)
		rest_unref(shared);
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
