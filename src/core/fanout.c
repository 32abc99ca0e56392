#include "core/fanout.h"

#include "base/log.h"
#include "base/mailbox.h"
#include "core/aliases.h"
#include "core/conn.h"
#include "core/deliver.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/room.h"
#include "core/spares.h"

enum { ROOM_STEPS = 4 }; /* what looking for a room counts as */

/* Deliver to a connection that the message has not reached yet. */
static void deliver_to_one(struct worker *w, struct conn *c, struct delivery *d)
{
	if (c->stamp != w->stamp) {
		c->stamp = w->stamp;
		w->walk.reached += deliver(c, d);
	}
}

/* Send a message to its members here, each once. Returns how many. */
static size_t deliver_to_room(
    struct worker *w, struct room *r, struct delivery *d)
{
	const struct member *members = room_members(r);

	/* In the order they came, as their sockets lie in memory. */
	for (uint32_t i = 0; i < r->count; i++) {
		room_fetch_ahead(r, members, i);
		deliver_to_one(w, members[i].conn, d);
	}
	return r->count;
}

static size_t deliver_to_all(struct worker *w, struct delivery *d)
{
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&w->slots, &at)))
		deliver_to_one(w, c, d);
	return w->conn_count;
}

/*
 * A new stamp. On wrap-around every connection's old one is no message's any
 * more; but that it has heard something stays.
 */
static void next_stamp(struct worker *w)
{
	uint32_t at = 0;
	struct conn *c;

	if (++w->stamp != 0)
		return;
	while ((c = slots_next(&w->slots, &at)))
		if (c->stamp != STAMP_QUIET)
			c->stamp = STAMP_HEARD;
	w->stamp = STAMP_HEARD + 1;
}

/*
 * Connections that are left out count as reached: it costs the others nothing.
 * Returns how many were looked for, and at.
 */
static size_t stamp_excepts(struct worker *w, const struct aim *aim)
{
	size_t looked = aim->except_count;

	for (uint32_t i = 0; i < aim->except_count; i++) {
		struct conn *c = conn_find(w, &aim->excepts[i]);

		if (c)
			c->stamp = w->stamp;
	}
	if (aim->spared_count > 0)
		looked += aliases_stamp(w, aim->spared, aim->spared_count);
	return looked;
}

/* Deliver to the next one that the aim names. Returns what that counts. */
static size_t deliver_to_next(
    struct worker *w, const struct aim *aim, struct walk *walk)
{
	uint32_t at = walk->at++;
	struct conn *c;
	struct room *r;

	if (at >= aim->room_count) {
		c = conn_find(w, &aim->connections[at - aim->room_count]);
		if (c)
			deliver_to_one(w, c, walk->delivery);
		return 1;
	}
	r = room_find(&w->rooms, aim->rooms[at].name, aim->rooms[at].hash);
	return ROOM_STEPS + (r ? deliver_to_room(w, r, walk->delivery) : 0);
}

/* Takes the worker's reference of the message. Returns what that counts. */
static size_t begin_delivery(struct worker *w, struct message *m)
{
	/* The walk's reference, until all members have theirs. */
	w->walk.delivery = spares_take_delivery(w, m);
	next_stamp(w);
	return stamp_excepts(w, &m->aim);
}

/* What the hub cannot know when it says what has come (core/router). */
__attribute__((noinline)) static void log_reached(
    const struct worker *w, const struct message *m, uint64_t reached)
{
	const struct aim *aim = &m->aim;

	log_debug(LOG_WORKER, "message",
	    kv_int("connections", (int64_t)reached),
	    aim->room_count > 0 ? kv_slice("room", aim->rooms[0].name)
				: kv_none,
	    kv_int("rooms", aim->room_count), kv_int("worker", w->index));
}

void fanout_say_reached(struct worker *w, struct message *m, uint64_t reached)
{
	if (log_is_on(LOG_WORKER, LOG_DEBUG))
		log_reached(w, m, reached);
	if (m->publication)
		worker_post(w, MAIL_REACHED, (uint32_t)reached, m->publication);
}

static void end_delivery(struct worker *w, struct message *m)
{
	fanout_say_reached(w, m, w->walk.reached);
	spares_unref_delivery(w, w->walk.delivery);
	w->walk = (struct walk){ .delivery = NULL };
}

bool fanout(struct worker *w, struct message *m, size_t max, size_t *count)
{
	struct walk *walk = &w->walk;
	const struct aim *aim = &m->aim;

	if (!walk->delivery)
		*count += begin_delivery(w, m);
	if (aim->is_everyone)
		*count += deliver_to_all(w, walk->delivery);
	while (walk->at < aim_count(aim) && *count < max)
		*count += deliver_to_next(w, aim, walk);
	if (walk->at < aim_count(aim))
		return false;
	end_delivery(w, m);
	return true;
}

/*
 * Among many small rooms nearly all that a message leads to is a miss of the
 * cache, one behind the other: each is fetched some messages before its turn.
 */
void fanout_fetch(const struct worker *w)
{
	const struct aim_room *next = fanout_room_ahead(w, 1), *near, *far;
	struct room *r;

	if (!next || fanout_stays(w))
		return; /* what it needs is in use now */
	far = fanout_room_ahead(w, 6);
	if (far)
		map_fetch_bucket(&w->rooms, far->hash);
	near = fanout_room_ahead(w, 3);
	if (near)
		map_fetch_node(&w->rooms, near->hash);
	r = room_find(&w->rooms, next->name, next->hash);
	if (r)
		__builtin_prefetch(room_members(r)[0].conn, 1);
}
