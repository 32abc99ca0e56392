#include "core/membership.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/conn.h"
#include "core/lost_rooms.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/room.h"
#include "core/worker.h"

/* --- a room comes with its first member and goes with its last --- */

static struct room *make_room(
    struct worker *w, struct slice name, uint64_t hash)
{
	struct room *r = room_new(name);

	if (!r)
		return NULL;
	if (!w->shared->rooms_need_watch || room_name_is_of_user(name))
		r->watch = ROOM_WATCHED;
	r->opened = w->opened + 1;
	map_add(&w->rooms, &r->node, hash);
	return r;
}

/*
 * The room of this name, for a member who wants deflated messages or not; made
 * when it is missing. The hub hears of a new room, and of the first such member
 * of one. NULL: memory is out.
 */
static struct room *open_room(
    struct worker *w, struct slice name, uint64_t hash, bool wants_deflated)
{
	struct room *r = room_find(&w->rooms, name, hash);

	worker_check_thread(w);
	if (r && (r->wants_deflated || !wants_deflated))
		return r;
	if (!r)
		r = make_room(w, name, hash);
	if (!r)
		return NULL;
	/* Kept when such members leave: one rarely comes alone. */
	r->wants_deflated = wants_deflated;
	worker_post(w, MAIL_ROOM_OPENED, wants_deflated,
	    room_notice_new(name, hash, w->index, ++w->opened));
	return r;
}

static void close_room(struct worker *w, struct room *r)
{
	worker_post(w, MAIL_ROOM_EMPTY, 0,
	    room_notice_new(room_name(r), r->node.hash, w->index, w->opened));
	map_del(&w->rooms, &r->node);
	room_free(r);
}

/* --- the memberships of a connection --- */

/* Make room for one more; its place, or NULL. */
static struct membership *add(struct conn *c)
{
	uint16_t count = c->membership_count;
	struct membership *many;

	if (count == UINT16_MAX)
		return NULL;
	if (count == 0) {
		c->membership_count = 1;
		return &c->one;
	}
	if (count == 1) {
		many = try_alloc(2 * sizeof(*many));
		if (!many)
			return NULL;
		many[0] = c->one;
		c->many = many;
	} else if ((count & (count - 1)) == 0) { /* full at powers of two */
		many = try_realloc(c->many, 2 * count * sizeof(*many));
		if (!many)
			return NULL;
		c->many = many;
	}
	c->membership_count++;
	return &c->many[count];
}

static void drop_last(struct conn *c)
{
	if (c->membership_count == 2) {
		struct membership *many = c->many;

		c->one = many[0];
		free(many);
	}
	c->membership_count--;
}

/* To be changed, here alone. */
static struct membership *memberships(struct conn *c)
{
	return c->membership_count <= 1 ? &c->one : c->many;
}

/*
 * The connection's membership of the room, or NULL. The shorter list is looked
 * through.
 */
static struct membership *find(struct conn *c, struct room *r)
{
	struct membership *m = memberships(c);
	const struct member *members = room_members(r);

	if (r->count < c->membership_count) {
		for (uint32_t i = 0; i < r->count; i++)
			if (members[i].conn == c)
				return &m[members[i].membership];
		return NULL;
	}
	for (uint16_t i = 0; i < c->membership_count; i++)
		if (m[i].room == r)
			return &m[i];
	return NULL;
}

bool membership_has(struct conn *c, struct slice name, uint64_t hash)
{
	struct room *r = room_find(&c->worker->rooms, name, hash);

	return r && find(c, r);
}

/* --- joining and leaving --- */

/* Whether it is one of those that pending_rooms counts. */
static bool is_awaited(const struct conn *c, const struct room *r)
{
	return r->watch != ROOM_WATCHED && c->state < CONN_OPEN;
}

/* Rooms, not users: the metric's memberships. */
static bool is_counted(const struct room *r)
{
	return !room_name_is_of_user(room_name(r));
}

int membership_join(struct conn *c, struct slice name, uint64_t hash)
{
	struct worker *w = c->worker;
	struct room *r =
	    open_room(w, name, hash, message_form_is_deflated(c->form));
	struct membership *m;

	if (!r)
		return -ENOMEM;
	if (find(c, r))
		return -EEXIST;
	if (r->watch == ROOM_REFUSED && c->state < CONN_OPEN)
		return -EACCES;
	m = add(c);
	if (!m || room_add(r, c, c->membership_count - 1u) < 0) {
		if (m)
			drop_last(c);
		if (r->count == 0)
			close_room(w, r);
		return -ENOMEM;
	}
	*m = (struct membership){ r, r->count - 1 };
	if (is_awaited(c, r))
		c->pending_rooms++;
	if (is_counted(r))
		metrics_inc(&w->metrics, METRIC_MEMBERSHIPS);
	return 0;
}

int membership_join_user(struct conn *c, struct slice user)
{
	char buf[ROOM_OF_USER_MAX];
	struct slice name = room_of_user(user, buf);
	int status;

	assert(c->membership_count == 0);
	status = membership_join(c, name, worker_hash(c->worker, name));
	c->has_user = status == 0;
	return status;
}

/* Take a member off the room's side; the membership itself is left stale. */
static void leave_room(struct conn *c, const struct membership *m)
{
	struct worker *w = c->worker;
	struct room *r = m->room;
	const struct member *last = &room_members(r)[r->count - 1];

	worker_check_thread(w);
	if (is_counted(r))
		metrics_sub(&w->metrics, METRIC_MEMBERSHIPS, 1);
	memberships(last->conn)[last->membership].position = m->position;
	room_del(r, m->position);
	if (r->count == 0)
		close_room(w, r);
}

bool membership_leave(struct conn *c, struct slice name, uint64_t hash)
{
	struct room *r = room_find(&c->worker->rooms, name, hash);
	struct membership *m = r ? find(c, r) : NULL;
	const struct membership *last;

	if (!m)
		return false;
	if (is_awaited(c, r))
		c->pending_rooms--;
	leave_room(c, m);
	/* The last one takes its place, and its member must know where. */
	last = &conn_memberships(c)[c->membership_count - 1];
	if (m != last) {
		*m = *last;
		room_members(m->room)[m->position].membership =
		    (uint32_t)(m - memberships(c));
	}
	drop_last(c);
	return true;
}

void membership_leave_all(struct conn *c)
{
	const struct membership *m = conn_memberships(c);

	for (uint16_t i = 0; i < c->membership_count; i++)
		leave_room(c, &m[i]);
	if (c->membership_count > 1)
		free(c->many);
	c->membership_count = 0;
	c->pending_rooms = 0;
	c->has_user = false;
}

bool membership_is_refused(struct conn *c)
{
	const struct membership *m = conn_memberships(c);

	for (uint16_t i = 0; i < c->membership_count; i++)
		if (m[i].room->watch == ROOM_REFUSED)
			return true;
	return false;
}

bool membership_is_lost(struct conn *c, const struct lost_rooms *rooms)
{
	const struct membership *m = conn_memberships(c);

	for (uint16_t i = 0; i < c->membership_count; i++) {
		struct slice name = room_name(m[i].room);

		if (!room_name_is_of_user(name) && rooms->has(rooms, name))
			return true;
	}
	return false;
}

/* --- what the hub says of a room's channel --- */

/*
 * The room that it speaks of; NULL: it has emptied since. Once the hub has said
 * something of this one, all else that it says is of this one as well.
 */
static struct room *find_told(
    const struct worker *w, const struct room_notice *n)
{
	struct room *r = room_find(&w->rooms, room_notice_name(n), n->hash);

	if (r && r->watch == ROOM_UNWATCHED &&
	    (int32_t)(n->opened - r->opened) < 0)
		return NULL;
	return r;
}

/*
 * Who has waited for nothing else is answered by turn_flush, some each turn:
 * thousands may have come while Redis was away.
 */
size_t membership_watched(struct worker *w, const struct room_notice *n)
{
	struct room *r = find_told(w, n);

	if (!r || r->watch == ROOM_WATCHED)
		return 0;
	r->watch = ROOM_WATCHED;
	for (uint32_t i = 0; i < r->count; i++) {
		struct conn *c = room_members(r)[i].conn;

		if (c->state == CONN_WAITING && --c->pending_rooms == 0)
			conn_mark_dirty(c);
	}
	return r->count;
}

/*
 * Nobody is let in for what does not arrive, as flush answers. Who is in
 * stays, for what comes by other channels.
 */
size_t membership_refused(struct worker *w, const struct room_notice *n)
{
	struct room *r = find_told(w, n);

	if (!r)
		return 0;
	r->watch = ROOM_REFUSED;
	for (uint32_t i = 0; i < r->count; i++) {
		struct conn *c = room_members(r)[i].conn;

		if (c->state == CONN_WAITING)
			conn_mark_dirty(c);
	}
	return r->count;
}

struct slice membership_user(const struct conn *c)
{
	if (!c->has_user)
		return slice_of("", 0);
	return slice_after(room_name(conn_memberships(c)->room), 1);
}
