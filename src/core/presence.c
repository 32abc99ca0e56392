/* presence: see presence.h. */
#include "core/presence.h"

#include "conf/conf_route.h"
#include "core/conn.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/room.h"
#include "core/seats.h"
#include "core/seats_page.h"
#include "core/worker.h"

enum {
	TELL_MS = 1000,  /* between two tellings of a seat */
	PAGE_MAX = 1024, /* seats: the main thread is held for 1 ms by them */
};

/* --- who takes a seat --- */

/* user: whose seat changes as well; empty: nobody's. */
static void change(struct conn *c, struct slice room, uint64_t hash,
    struct slice user, int32_t more)
{
	struct worker *w = c->worker;
	char buf[SEAT_NAME_MAX];
	struct slice name;

	worker_check_thread(w);
	if (!w->seats)
		w->seats = seats_new();
	seats_add(w->seats, room, hash, more);
	if (user.len == 0)
		return;
	name = seat_of_user(room, user, buf);
	seats_add(w->seats, name, worker_hash(w, name), more);
}

static struct slice user_of(const struct conn *c)
{
	return c->route->presence == CONF_PRESENCE_MEMBERS ? membership_user(c)
							   : slice_of("", 0);
}

/* A user's own room is none. */
static void change_all(struct conn *c, int32_t more)
{
	const struct membership *m = conn_memberships(c);
	struct slice user = user_of(c);

	for (uint16_t i = 0; i < c->membership_count; i++) {
		const struct room *r = m[i].room;

		if (!room_name_is_of_user(room_name(r)))
			change(c, room_name(r), r->node.hash, user, more);
	}
}

void presence_open(struct conn *c)
{
	if (c->route->presence == CONF_PRESENCE_OFF)
		return;
	c->is_present = true;
	change_all(c, 1);
}

void presence_join(struct conn *c, struct slice room, uint64_t hash)
{
	if (c->is_present)
		change(c, room, hash, user_of(c), 1);
}

void presence_leave(struct conn *c, struct slice room, uint64_t hash)
{
	if (c->is_present)
		change(c, room, hash, user_of(c), -1);
}

void presence_close(struct conn *c)
{
	if (!c->is_present)
		return;
	c->is_present = false;
	change_all(c, -1);
}

/* --- what the main thread is told --- */

static void post_page(struct worker *w)
{
	worker_post(w, MAIL_PRESENCE, 0, seats_page_take(w->seats, PAGE_MAX));
}

bool presence_tell(struct worker *w)
{
	if (!w->seats || !seats_have_changed(w->seats))
		return false;
	post_page(w);
	if (seats_have_changed(w->seats))
		return true;
	w->seats_due_ms = w->now_ms + TELL_MS;
	return false;
}

bool presence_tick(struct worker *w)
{
	return w->now_ms >= w->seats_due_ms && presence_tell(w);
}

void presence_end(struct worker *w)
{
	while (presence_tell(w))
		;
}
