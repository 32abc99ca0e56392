#include "core/steer.h"

#include <errno.h>

#include "base/log.h"
#include "conf/conf.h"
#include "core/catch_up.h"
#include "core/command.h"
#include "core/conn.h"
#include "core/membership.h"
#include "core/moves.h"
#include "core/presence.h"
#include "core/room.h"
#include "core/tell_app.h"
#include "core/transport.h"
#include "core/worker.h"

typedef void (*steer_fn)(struct conn *c, const struct command *cmd);

/* A room could not be joined; the connection stays as it is. */
static void refuse_join(
    const struct conn *c, const struct aim_room *room, const char *why)
{
	char client[CONN_CLIENT_MAX];

	metrics_inc(&c->worker->metrics, METRIC_JOINS_REFUSED);
	if (!log_is_on(LOG_WORKER, LOG_DEBUG))
		return;
	conn_client(c, client);
	log_debug(LOG_WORKER, "room not joined", kv_str("why", why),
	    kv_slice("room", room->name), kv_str("peer", client));
}

static void note_joined(struct conn *c, const struct aim_room *room)
{
	tell_app_joined(c, room->name);
	presence_join(c, room->name, room->hash);
}

static void join_room(struct conn *c, const struct aim_room *room)
{
	struct worker *w = c->worker;
	int status;

	if (membership_has(c, room->name, room->hash))
		return;
	if (conn_room_count(c) >= w->conf->limits.rooms_per_connection) {
		refuse_join(c, room, "limits.rooms_per_connection");
		return;
	}
	status = membership_join(c, room->name, room->hash);
	if (status == 0)
		note_joined(c, room);
	else if (status == -ENOMEM)
		refuse_join(c, room, "out of memory");
	else if (status == -EACCES)
		refuse_join(c, room, "the channel of the room is refused");
}

static void join(struct conn *c, const struct command *cmd)
{
	for (uint32_t i = 0; i < cmd->where.room_count; i++)
		join_room(c, &cmd->where.rooms[i]);
}

static void leave_room(struct conn *c, const struct aim_room *room)
{
	if (!membership_leave(c, room->name, room->hash))
		return;
	tell_app_left(c, room->name);
	presence_leave(c, room->name, room->hash);
}

static void leave(struct conn *c, const struct command *cmd)
{
	for (uint32_t i = 0; i < cmd->where.room_count; i++)
		leave_room(c, &cmd->where.rooms[i]);
	/* Perhaps only a room that it has left now kept it waiting. */
	if (c->state == CONN_WAITING && c->pending_rooms == 0)
		c->worker->shared->ops->on_rooms_ready(c);
}

static void disconnect(struct conn *c, const struct command *cmd)
{
	c->worker->shared->ops->disconnect(c, cmd->code, cmd->reason);
}

/* What they take, beside a reference of a message queued to a connection. */
enum { ROOM_STEPS = 8, GOODBYE_STEPS = 256 };

static size_t steps_of(const struct command *cmd)
{
	return cmd->kind == CONTROL_DISCONNECT
		   ? GOODBYE_STEPS
		   : (size_t)cmd->where.room_count * ROOM_STEPS;
}

/* What waits, or is being read for it, was for the rooms of before. */
static bool note_move(struct conn *c, const struct command *cmd)
{
	if (!c->behind)
		return catch_up_note_move(c, cmd->after);
	moves_note(c, cmd->after);
	return true;
}

/* Before the handshake is checked, and after goodbye, nothing is done. */
static size_t steer_one(struct conn *c, const struct command *cmd)
{
	static const steer_fn fns[] = {
		[CONTROL_JOIN] = join,
		[CONTROL_LEAVE] = leave,
		[CONTROL_DISCONNECT] = disconnect,
	};

	if (c->state != CONN_WAITING && c->state != CONN_OPEN)
		return 1;
	if (cmd->kind != CONTROL_DISCONNECT && !note_move(c, cmd))
		return 1;
	fns[cmd->kind](c, cmd);
	return 1 + steps_of(cmd);
}

static size_t steer_member(
    struct conn *c, const struct command *cmd, const struct walk *walk)
{
	return c->serial < walk->before ? steer_one(c, cmd) : 1;
}

/*
 * The members of the room that the walk has come to, up to max; with the last
 * one it goes on behind the room. From the last to the first: between two turns
 * some leave, and the member that takes such a place has been visited already,
 * or is visited twice, which changes nothing; or it has come meanwhile, and is
 * passed over. No command adds to the room that is walked: one joins rooms, and
 * is named by a user's.
 */
static size_t steer_room(
    struct worker *w, const struct command *cmd, struct walk *walk, size_t max)
{
	const struct aim_room *name = &cmd->whom.rooms[walk->at];
	struct room *r = room_find(&w->rooms, name->name, name->hash);
	uint32_t left = r ? r->count : 0;
	size_t count = 0;

	if (walk->left > 0 && walk->left < left)
		left = walk->left;
	for (; left > 0 && count < max; left--)
		count +=
		    steer_member(room_members(r)[left - 1].conn, cmd, walk);
	walk->left = left;
	if (left == 0)
		walk->at++;
	return 1 + count;
}

static size_t steer_connection(
    struct worker *w, const struct command *cmd, struct walk *walk)
{
	struct conn *c = conn_find(
	    w, &cmd->whom.connections[walk->at++ - cmd->whom.room_count]);

	return c ? steer_one(c, cmd) : 1;
}

bool steer(struct worker *w, const struct command *cmd, struct walk *walk,
    size_t max, size_t *count)
{
	if (walk->before == 0)
		walk->before = w->next_serial;
	while (walk->at < aim_count(&cmd->whom)) {
		if (*count >= max)
			return false;
		*count += walk->at < cmd->whom.room_count
			      ? steer_room(w, cmd, walk, max - *count)
			      : steer_connection(w, cmd, walk);
	}
	return true;
}
