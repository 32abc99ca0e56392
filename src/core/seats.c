/* seats: see seats.h. */
#include "core/seats.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct seat *of_link(struct list *link)
{
	return container_of(link, struct seat, link);
}

void seats_init(struct seats *s, uint32_t keeps)
{
	*s = (struct seats){ .keeps = keeps };
	map_init(&s->map);
	list_init(&s->resting);
	list_init(&s->changed);
	list_init(&s->kept);
	list_init(&s->sent);
	list_init(&s->refused);
}

struct seats *seats_new(void)
{
	struct seats *s = xmalloc(sizeof *s);

	seats_init(s, 0);
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
	free_all(&s->kept);
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

static void move(struct seat *seat, enum seat_state state, struct list *to)
{
	list_del(&seat->link);
	list_add(to, &seat->link);
	seat->state = (uint8_t)state;
}

static size_t size_of(struct slice name)
{
	assert(name.len <= SEAT_NAME_MAX);
	return sizeof(struct seat) + name.len;
}

/* Of memory of that size: nobody is there, and it has changed. */
static struct seat *make(
    struct seats *s, void *memory, struct slice name, uint64_t hash)
{
	struct seat *seat = memory;

	*seat = (struct seat){ .name_len = (uint16_t)name.len };
	memcpy(seat->name, name.ptr, name.len);
	list_init(&seat->link);
	map_add(&s->map, &seat->node, hash);
	move(seat, SEAT_CHANGED, &s->changed);
	return seat;
}

static void drop(struct seats *s, struct seat *seat)
{
	list_del(&seat->link);
	map_del(&s->map, &seat->node);
	free(seat);
}

/* --- where nobody is --- */

static bool is_to_be_kept(const struct seats *s, const struct seat *seat)
{
	return s->keeps > 0 && seat->count == 0 && seat->is_known &&
	       !seat->may_go && !seat->was_refused;
}

static uint32_t number_of(const struct seats *s, const struct seat *seat)
{
	return is_to_be_kept(s, seat) ? 1 : seat->count;
}

/* One that has changed. What others know as 1 needs no telling to be kept. */
static void place(struct seats *s, struct seat *seat)
{
	if (is_to_be_kept(s, seat) && seat->taken == 1) {
		seat->since = s->begun;
		move(seat, SEAT_KEPT, &s->kept);
	} else if (seat->state != SEAT_CHANGED) {
		move(seat, SEAT_CHANGED, &s->changed);
	}
}

/* The first was there before all others. A round that began before is none. */
static bool is_over(const struct seats *s)
{
	return seats_are_kept(s) &&
	       (int32_t)(s->done - of_link(s->kept.next)->since) >=
		   (int32_t)s->keeps;
}

void seats_begin_round(struct seats *s)
{
	s->begun++;
}

void seats_end_round(struct seats *s)
{
	s->done = s->begun;
}

void seats_keep_none(struct seats *s)
{
	s->keeps = 0;
	list_join(&s->changed, &s->kept);
}

/* --- changes --- */

void seats_add(struct seats *s, struct slice name, uint64_t hash, int32_t more)
{
	struct seat *seat = find(s, name, hash);
	int64_t count;

	if (!seat)
		seat = make(s, xmalloc(size_of(name)), name, hash);
	count = (int64_t)seat->count + more;
	seat->count = count > 0 ? (uint32_t)count : 0;
	if (seat->count > 0)
		seat->may_go = false;
	if (s->keeps > 0 && seat->count == 0 && !seat->is_known)
		drop(s, seat);
	else if (seat->state == SEAT_SENT)
		seat->is_new_again = true;
	else if (seat->state != SEAT_REFUSED)
		place(s, seat);
}

void seats_touch(struct seats *s, struct slice name, uint64_t hash)
{
	struct seat *seat = find(s, name, hash);

	if (seat && seat->state == SEAT_KEPT)
		place(s, seat);
}

int seats_learn(struct seats *s, struct slice name, uint64_t hash)
{
	struct seat *seat;
	void *memory;

	if (find(s, name, hash))
		return 0;
	memory = try_alloc(size_of(name));
	if (!memory)
		return -ENOMEM;
	seat = make(s, memory, name, hash);
	seat->is_known = seat->may_go = true;
	return 0;
}

/* --- who takes them --- */

bool seats_have_changed(const struct seats *s)
{
	return is_over(s) || !list_is_empty(&s->changed);
}

struct seat *seats_send(struct seats *s)
{
	struct seat *seat;

	if (is_over(s)) {
		seat = of_link(s->kept.next);
		seat->may_go = true;
	} else if (!list_is_empty(&s->changed)) {
		seat = of_link(s->changed.next);
	} else {
		return NULL;
	}
	seat->taken = number_of(s, seat);
	seat->is_known = true;
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
	seat->told = seat->taken;
	if (seat->count == 0 && seat->told == 0)
		drop(s, seat);
	else if (seat->count == 0 || seat->is_new_again)
		place(s, seat);
	else
		move(seat, SEAT_RESTS, &s->resting);
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

/* As many as one takes at a time. */
void seats_return_sent(struct seats *s)
{
	list_foreach (link, &s->sent)
		of_link(link)->state = SEAT_CHANGED;
	list_join(&s->sent, &s->changed);
	list_take(&s->changed, &s->sent);
}

/*
 * However many there are: each says where it was until it has changed or is
 * taken, though it is in the other list.
 */
void seats_return_refused(struct seats *s)
{
	list_join(&s->changed, &s->refused);
}

void seats_return_all(struct seats *s)
{
	seats_return_sent(s);
	list_join(&s->changed, &s->resting);
	seats_return_refused(s);
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
