/* seats: see seats.h. */
#include "core/seats.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct seat *of_link(struct list *link)
{
	return container_of(link, struct seat, link);
}

void seats_init(struct seats *s)
{
	map_init(&s->map);
	list_init(&s->resting);
	list_init(&s->changed);
	list_init(&s->sent);
	list_init(&s->refused);
}

struct seats *seats_new(void)
{
	struct seats *s = xmalloc(sizeof *s);

	seats_init(s);
	return s;
}

void seats_free(struct seats *s)
{
	if (!s)
		return;
	seats_fini(s);
	free(s);
}

static void free_all(struct list *seats)
{
	list_foreach_safe (link, seats)
		free(of_link(link));
}

void seats_fini(struct seats *s)
{
	free_all(&s->resting);
	free_all(&s->changed);
	free_all(&s->sent);
	free_all(&s->refused);
	map_fini(&s->map);
}

static struct seat *find(
    const struct seats *s, struct slice name, uint64_t hash)
{
	for (struct map_node *n = map_find(&s->map, hash); n;
	     n = map_find_next(n)) {
		struct seat *seat = container_of(n, struct seat, node);

		if (slice_eq(seat_name(seat), name))
			return seat;
	}
	return NULL;
}

static struct seat *make(struct seats *s, struct slice name, uint64_t hash)
{
	struct seat *seat = xmalloc(sizeof *seat + name.len);

	assert(name.len <= SEAT_NAME_MAX);
	*seat = (struct seat){ .name_len = (uint16_t)name.len };
	memcpy(seat->name, name.ptr, name.len);
	list_init(&seat->link);
	map_add(&s->map, &seat->node, hash);
	return seat;
}

static void move(struct seat *seat, enum seat_state state, struct list *to)
{
	list_del(&seat->link);
	list_add(to, &seat->link);
	seat->state = (uint8_t)state;
}

void seats_add(struct seats *s, struct slice name, uint64_t hash, int32_t more)
{
	struct seat *seat = find(s, name, hash);
	int64_t count;

	if (!seat) {
		seat = make(s, name, hash);
		move(seat, SEAT_CHANGED, &s->changed);
	}
	count = (int64_t)seat->count + more;
	seat->count = count > 0 ? (uint32_t)count : 0;
	if (seat->state == SEAT_SENT)
		seat->is_new_again = true;
	else if (seat->state == SEAT_RESTS)
		move(seat, SEAT_CHANGED, &s->changed);
}

bool seats_have(const struct seats *s, struct slice name, uint64_t hash)
{
	return find(s, name, hash);
}

struct seat *seats_send(struct seats *s)
{
	struct seat *seat;

	if (list_is_empty(&s->changed))
		return NULL;
	seat = of_link(s->changed.next);
	seat->is_new_again = false;
	move(seat, SEAT_SENT, &s->sent);
	return seat;
}

struct seat *seats_sent(const struct seats *s)
{
	return list_is_empty(&s->sent) ? NULL : of_link(s->sent.next);
}

void seats_arrive(struct seats *s, struct seat *seat)
{
	seat->was_refused = false;
	if (seat->is_new_again) {
		seats_return(s, seat);
		return;
	}
	if (seat->count > 0) {
		move(seat, SEAT_RESTS, &s->resting);
		return;
	}
	list_del(&seat->link);
	map_del(&s->map, &seat->node);
	free(seat);
}

void seats_return(struct seats *s, struct seat *seat)
{
	move(seat, SEAT_CHANGED, &s->changed);
}

void seats_refuse(struct seats *s, struct seat *seat)
{
	seat->was_refused = true;
	move(seat, SEAT_REFUSED, &s->refused);
}

/* Behind those that have changed, in their order. */
static void change_all(struct seats *s, struct list *seats)
{
	list_foreach (link, seats)
		of_link(link)->state = SEAT_CHANGED;
	list_join(&s->changed, seats);
}

void seats_return_sent(struct seats *s)
{
	change_all(s, &s->sent);
}

void seats_return_refused(struct seats *s)
{
	change_all(s, &s->refused);
}

void seats_return_all(struct seats *s)
{
	change_all(s, &s->sent);
	change_all(s, &s->resting);
	change_all(s, &s->refused);
}

struct slice seat_room(struct slice name)
{
	const char *end = memchr(name.ptr, '\0', name.len);

	return end ? slice_of(name.ptr, (size_t)(end - name.ptr)) : name;
}

struct slice seat_user(struct slice name)
{
	size_t room = seat_room(name).len;

	return slice_after(name, room < name.len ? room + 1 : room);
}

struct slice seat_of_user(
    struct slice room, struct slice user, char out[SEAT_NAME_MAX])
{
	assert(room.len + 1 + user.len <= SEAT_NAME_MAX);
	memcpy(out, room.ptr, room.len);
	out[room.len] = '\0';
	memcpy(out + room.len + 1, user.ptr, user.len);
	return slice_of(out, room.len + 1 + user.len);
}
