#include "core/fanout.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/mailbox.h"
#include "core/closing.h"
#include "core/command.h"
#include "core/conn.h"
#include "core/deliver.h"
#include "core/flush.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/room.h"
#include "core/spares.h"
#include "core/steer.h"
#include "core/transport.h"
#include "core/worker.h"

/*
 * A turn's bounds. More messages make better batches (one writev carries all
 * that a connection was queued), fewer make a shorter sweep; a sweep over
 * 9,000 members without a bound on connections held up handshakes for 150 ms.
 */
enum {
	TURN_MESSAGES = 64,
	TURN_BYTES = 128 << 10,    /* of frames: stay below delivery.queue */
	TURN_DELIVERIES = 1 << 18, /* references queued, and the like */
	ROOM_STEPS = 4,            /* what looking for a room counts as */
	HUB_WAITS_BELOW = 1 << 20, /* the mailbox is fairly empty again */
};

enum { AHEAD = 16 }; /* members whose connection is fetched before its turn */

/* Give it to a connection that this message has not reached yet. */
static void deliver_to_one(struct worker *w, struct conn *c, struct delivery *d)
{
	if (c->stamp != w->stamp) {
		c->stamp = w->stamp;
		deliver(c, d);
	}
}

/* Send a message to its members here, each once. Returns how many. */
static size_t deliver_to_room(
    struct worker *w, struct room *r, struct delivery *d)
{
	uint32_t count = r->count;

	/*
	 * In the order they came, as their sockets lie in memory. One that is
	 * killed or refused on the way leaves its rooms, and the last member,
	 * who was not visited yet, takes its place; with the last one the room
	 * is gone.
	 */
	for (uint32_t i = 0, left = count; left > 0; left--) {
		const struct member *members = room_members(r);
		struct conn *c = members[i].conn;

		if (left > AHEAD)
			__builtin_prefetch(members[i + AHEAD].conn, 1);
		deliver_to_one(w, c, d);
		i += left > 1 && room_members(r)[i].conn == c;
	}
	return count;
}

static size_t deliver_to_all(struct worker *w, struct delivery *d)
{
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&w->slots, &at)))
		deliver(c, d);
	return w->conn_count;
}

/* A new stamp; on wrap-around every connection's old one is wiped. */
static void next_stamp(struct worker *w)
{
	uint32_t at = 0;
	struct conn *c;

	if (++w->stamp != 0)
		return;
	while ((c = slots_next(&w->slots, &at)))
		c->stamp = 0;
	w->stamp = 1;
}

/* Those who are left out count as reached: it costs the others nothing. */
static void stamp_excepts(struct worker *w, const struct aim *aim)
{
	for (uint32_t i = 0; i < aim->except_count; i++) {
		struct conn *c = conn_find(w, &aim->excepts[i]);

		if (c)
			c->stamp = w->stamp;
	}
}

/* The next one that the aim names. Returns what it counts. */
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

/* Takes the worker's reference of the message. */
static void begin_delivery(struct worker *w, struct message *m)
{
	/* The walk's reference, until all members have theirs. */
	w->walk.delivery = spares_take_delivery(w, m);
	next_stamp(w);
	stamp_excepts(w, &m->aim);
}

/*
 * Up to the turn's bound, all but the last room of it. True when everybody has
 * got it.
 */
static bool deliver_message(struct worker *w, struct message *m, size_t *count)
{
	struct walk *walk = &w->walk;
	const struct aim *aim = &m->aim;

	if (!walk->delivery)
		begin_delivery(w, m);
	if (aim->is_everyone)
		*count += deliver_to_all(w, walk->delivery);
	while (walk->at < aim_count(aim) && *count < TURN_DELIVERIES)
		*count += deliver_to_next(w, aim, walk);
	if (walk->at < aim_count(aim))
		return false;
	spares_unref_delivery(w, walk->delivery);
	*walk = (struct walk){ .delivery = NULL };
	return true;
}

/* Takes the worker's reference of the command. Returns as deliver_message does. */
static bool obey(struct worker *w, struct command *cmd, size_t *count)
{
	if (!steer(w, cmd, &w->walk, TURN_DELIVERIES, count))
		return false;
	w->walk = (struct walk){ .delivery = NULL };
	if (cmd->kind == CONTROL_JOIN)
		worker_post(w, MAIL_COMMAND_DONE, 0, cmd);
	else
		command_unref(cmd);
	return true;
}

/* What a turn has done so far. */
struct spent {
	size_t messages;
	size_t bytes;
	size_t deliveries;
};

static void say_done(struct worker *w, size_t size, struct spent *spent)
{
	mailbox_done(w->mailbox, size);
	spent->bytes += size;
}

/* False: there is more to do for this mail, in the next turn. */
static bool handle(
    struct worker *w, const struct mail *mail, struct spent *spent)
{
	size_t size;

	switch ((enum mail_kind)mail->kind) {
	case MAIL_MESSAGE:
		size = ((struct message *)mail->item)->bytes;
		if (!deliver_message(w, mail->item, &spent->deliveries))
			return false;
		say_done(w, size, spent);
		break;
	case MAIL_COMMAND:
		size = ((struct command *)mail->item)->bytes;
		if (!obey(w, mail->item, &spent->deliveries))
			return false;
		say_done(w, size, spent);
		break;
	case MAIL_ROOM_WATCHED:
		spent->deliveries += membership_watched(w, mail->item);
		free(mail->item);
		break;
	case MAIL_ROOM_REFUSED:
		spent->deliveries += membership_refused(w, mail->item);
		free(mail->item);
		break;
	case MAIL_TURN: /* it has */
		break;
	case MAIL_QUIET:
		spares_free(w);
		break;
	case MAIL_CLOSE_ALL:
		closing_begin(w, (enum close_reason)mail->value);
		break;
	case MAIL_DRAIN:
		w->is_ending = true;
		w->shared->ops->stop(w);
		closing_begin(w, CLOSE_SHUTDOWN);
		break;
	case MAIL_ROOM_OPENED: /* these go to the hub */
	case MAIL_ROOM_EMPTY:
	case MAIL_COMMAND_DONE:
	case MAIL_TURNED:
	case MAIL_HAS_SPACE:
	case MAIL_WORKER_DONE:
		fatal("worker", "mail for the hub");
	}
	return true;
}

static void tell_hub_of_space(struct worker *w)
{
	if (atomic_load_explicit(&w->hub_waits, memory_order_relaxed) &&
	    mailbox_bytes(w->mailbox) < HUB_WAITS_BELOW &&
	    atomic_exchange(&w->hub_waits, false))
		worker_post(w, MAIL_HAS_SPACE, w->index, NULL);
}

/* The first room of the message that is so far ahead, or NULL. */
static const struct aim_room *room_ahead(const struct worker *w, size_t ahead)
{
	size_t i = w->mail_next + ahead;
	const struct message *m;

	if (i >= w->mail_count || w->mail[i].kind != MAIL_MESSAGE)
		return NULL;
	m = w->mail[i].item;
	return m->aim.room_count > 0 ? &m->aim.rooms[0] : NULL;
}

/*
 * Among many small rooms nearly all that a message leads to is a miss of the
 * cache, one behind the other: each is fetched some messages before its turn.
 */
static void fetch_ahead(const struct worker *w)
{
	const struct aim_room *far = room_ahead(w, 6);
	const struct aim_room *near = room_ahead(w, 3);
	const struct aim_room *next = room_ahead(w, 1);
	struct room *r;

	if (far)
		map_fetch_bucket(&w->rooms, far->hash);
	if (near)
		map_fetch_node(&w->rooms, near->hash);
	r = next ? room_find(&w->rooms, next->name, next->hash) : NULL;
	if (r)
		__builtin_prefetch(room_members(r)[0].conn, 1);
}

bool fanout_take_mail(struct worker *w)
{
	struct spent spent = { 0 };

	while (spent.messages < TURN_MESSAGES && spent.bytes < TURN_BYTES &&
	       spent.deliveries < TURN_DELIVERIES) {
		if (w->mail_next == w->mail_count) {
			w->mail = mailbox_take(w->mailbox, &w->mail_count);
			w->mail_next = 0;
			if (w->mail_count == 0)
				break;
		}
		fetch_ahead(w);
		if (handle(w, &w->mail[w->mail_next], &spent))
			w->mail_next++;
		spent.messages++;
	}
	tell_hub_of_space(w);
	return w->mail_next < w->mail_count;
}

unsigned fanout_flush(struct worker *w, unsigned most)
{
	struct conn *c;

	for (; most > 0 && (c = conn_pop_dirty(w)); most--)
		if (flush(c))
			conn_mark_dirty(c);
	return most;
}
