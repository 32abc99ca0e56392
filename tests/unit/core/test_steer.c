/* Commands carried out on a worker: join, leave, disconnect. */
#include <errno.h>
#include <stdio.h>

#include "core/steer.h"
#include "fakeworker.h"
#include "unit.h"

/* Post a command to connections and to the members of a room. */
static void command(struct fakeworker *f, enum control_command kind,
    struct slice whom, const struct conn *one, const char *where)
{
	const struct control parsed = {
		.command = kind, .code = 4001, .reason = slice_str("signed out")
	};
	struct aim_room from = fake_room(f, whom);
	struct aim_room to = fake_room(f, slice_str(where));
	struct conn_ref ref = { 0 };
	struct aim aim = { .rooms = &from, .room_count = whom.len > 0 };
	const struct aim place = { .rooms = &to, .room_count = where != NULL };
	struct command *cmd;

	if (one) {
		ref = fake_ref(one);
		aim.connections = &ref;
		aim.connection_count = 1;
	}
	cmd = command_new(&parsed, &aim, &place, 1);
	ck_assert_ptr_nonnull(cmd);
	fake_mail(f, MAIL_COMMAND, cmd, cmd->bytes);
}

static void command_to(struct fakeworker *f, enum control_command kind,
    const struct conn *c, const char *where)
{
	command(f, kind, slice_of(NULL, 0), c, where);
}

static bool is_in(const struct fakeworker *f, struct conn *c, const char *room)
{
	struct slice name = slice_str(room);

	return membership_has(c, name, worker_hash(f->worker, name));
}

START_TEST(a_user_joins_and_leaves_with_all_its_connections)
{
	struct fakeworker f;
	struct conn *tabs[3], *other;
	char name[ROOM_OF_USER_MAX];
	struct slice ann = room_of_user(slice_str("ann"), name);

	fake_init(&f, false);
	for (int i = 0; i < 3; i++) {
		tabs[i] = fake_connect(&f, CONN_OPEN);
		ck_assert_int_eq(
		    membership_join_user(tabs[i], slice_str("ann")), 0);
	}
	other = fake_connect(&f, CONN_OPEN);
	ck_assert_int_eq(membership_join_user(other, slice_str("bob")), 0);
	/* By user and by connection at once; and again: no harm. */
	for (int i = 0; i < 2; i++)
		command(&f, CONTROL_JOIN, ann, tabs[1], "a");
	for (int i = 0; i < 3; i++)
		ck_assert(is_in(&f, tabs[i], "a"));
	ck_assert(!is_in(&f, other, "a"));
	ck_assert_uint_eq(fake_metric(&f, METRIC_MEMBERSHIPS), 3);
	command(&f, CONTROL_LEAVE, ann, other, "a");
	ck_assert_uint_eq(fake_metric(&f, METRIC_MEMBERSHIPS), 0);
	ck_assert_uint_eq(f.worker->rooms.count, 2); /* the users */
	fake_fini(&f);
}
END_TEST

START_TEST(what_names_nobody_is_silent)
{
	struct fakeworker f;
	struct conn *c, *gone;
	struct conn_ref ref;

	fake_init(&f, false);
	c = fake_connect(&f, CONN_OPEN);
	gone = fake_connect(&f, CONN_OPEN);
	ref = fake_ref(gone);
	conn_kill(gone);
	fake_end_turn(&f);
	gone = fake_connect(&f, CONN_OPEN);
	ck_assert_uint_eq(gone->slot, ref.slot);
	command(&f, CONTROL_JOIN, slice_str("nobody"), NULL, "a");
	command(&f, CONTROL_DISCONNECT, slice_str("nobody"), NULL, NULL);
	command_to(&f, CONTROL_LEAVE, c, "a");
	ck_assert_uint_eq(f.disconnects, 0);
	ck_assert_uint_eq(f.worker->rooms.count, 0);
	fake_fini(&f);
}
END_TEST

START_TEST(a_join_over_the_limit_is_refused_and_counted)
{
	struct fakeworker f;
	struct conn *c;

	fake_init(&f, false);
	f.conf.limits.rooms_per_connection = 2;
	c = fake_connect(&f, CONN_OPEN);
	ck_assert_int_eq(membership_join_user(c, slice_str("ann")), 0);
	fake_join(&f, c, "a");
	command_to(&f, CONTROL_JOIN, c, "b");
	ck_assert_uint_eq(fake_metric(&f, METRIC_JOINS_REFUSED), 0);
	command_to(&f, CONTROL_JOIN, c, "c");
	ck_assert_uint_eq(fake_metric(&f, METRIC_JOINS_REFUSED), 1);
	command_to(&f, CONTROL_JOIN, c, "a"); /* it is in already */
	ck_assert_uint_eq(fake_metric(&f, METRIC_JOINS_REFUSED), 1);
	ck_assert(is_in(&f, c, "b"));
	ck_assert(!is_in(&f, c, "c"));
	ck_assert_uint_eq(f.worker->rooms.count, 3); /* and the user */
	command_to(&f, CONTROL_LEAVE, c, "a");
	command_to(&f, CONTROL_JOIN, c, "c");
	ck_assert(is_in(&f, c, "c"));
	fake_fini(&f);
}
END_TEST

START_TEST(every_member_of_a_room_is_disconnected)
{
	enum { MEMBERS = 57 };
	struct fakeworker f;
	struct conn *other;

	fake_init(&f, false);
	other = fake_connect(&f, CONN_OPEN);
	fake_join(&f, other, "b");
	for (int i = 0; i < MEMBERS; i++)
		fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	command(&f, CONTROL_DISCONNECT, slice_str("a"), NULL, NULL);
	fake_end_turn(&f);
	ck_assert_uint_eq(f.disconnects, MEMBERS);
	ck_assert_uint_eq(f.code, 4001);
	ck_assert_str_eq(f.reason, "signed out");
	ck_assert_uint_eq(f.worker->conn_count, 1);
	ck_assert_int_eq(other->state, CONN_OPEN);
	fake_fini(&f);
}
END_TEST

START_TEST(only_waiting_and_open_connections_are_steered)
{
	static const enum conn_state states[] = { CONN_HANDSHAKE, CONN_WAITING,
		CONN_OPEN, CONN_CLOSING, CONN_LINGER };
	struct fakeworker f;
	unsigned disconnects = 0;

	fake_init(&f, false);
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct conn *c = fake_connect(&f, states[i]);
		bool is_steered =
		    states[i] == CONN_WAITING || states[i] == CONN_OPEN;

		command_to(&f, CONTROL_JOIN, c, "a");
		ck_assert_int_eq(is_in(&f, c, "a"), is_steered);
		command_to(&f, CONTROL_DISCONNECT, c, NULL);
		disconnects += is_steered;
		ck_assert_uint_eq(f.disconnects, disconnects);
	}
	fake_fini(&f);
}
END_TEST

/* The room is watched from here on; what follows is as for a first member. */
static void watched(struct fakeworker *f, const char *room)
{
	struct slice name = slice_str(room);

	fake_mail(f, MAIL_ROOM_WATCHED, fake_notice(f, name), 0);
}

static void refused(struct fakeworker *f, const char *room)
{
	struct slice name = slice_str(room);

	fake_mail(f, MAIL_ROOM_REFUSED, fake_notice(f, name), 0);
}

START_TEST(who_waits_for_a_refused_room_is_turned_away)
{
	struct slice name = slice_str("a");
	struct fakeworker f;
	struct conn *open, *late;

	fake_init(&f, true);
	open = fake_connect(&f, CONN_OPEN);
	fake_join(&f, open, "a");
	for (int i = 0; i < 9; i++) {
		struct conn *c = fake_connect(&f, CONN_HANDSHAKE);

		fake_join(&f, c, "b");
		fake_join(&f, c, "a");
		conn_set_state(c, CONN_WAITING);
	}
	refused(&f, "a");
	fake_end_turn(&f);
	ck_assert_uint_eq(f.refused, 9);
	ck_assert_uint_eq(f.worker->conn_count, 1);
	ck_assert_int_eq(open->state, CONN_OPEN); /* and a member still */
	late = fake_connect(&f, CONN_HANDSHAKE);
	ck_assert_int_eq(
	    membership_join(late, name, worker_hash(f.worker, name)), -EACCES);
	ck_assert_uint_eq(conn_room_count(late), 0);
	watched(&f, "a");
	fake_join(&f, late, "a");
	ck_assert_uint_eq(late->pending_rooms, 0);
	refused(&f, "gone");
	fake_fini(&f);
}
END_TEST

START_TEST(many_who_wait_for_a_refused_room_take_several_turns)
{
	enum { WAITING = 1300 };
	struct fakeworker f;

	fake_init(&f, true);
	for (int i = 0; i < WAITING; i++) {
		struct conn *c = fake_connect(&f, CONN_HANDSHAKE);

		fake_join(&f, c, "a");
		conn_set_state(c, CONN_WAITING);
	}
	refused(&f, "a");
	ck_assert_uint_eq(f.refused, 0);
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(f.refused, TURN_FLUSHES);
	fake_end_turn(&f);
	ck_assert_uint_eq(f.refused, WAITING);
	ck_assert_uint_eq(f.worker->conn_count, 0);
	fake_fini(&f);
}
END_TEST

START_TEST(a_refused_room_goes_with_its_last_member_that_waits)
{
	struct fakeworker f;
	struct conn *c;

	fake_init(&f, true);
	c = fake_connect(&f, CONN_HANDSHAKE);
	fake_join(&f, c, "a");
	conn_set_state(c, CONN_WAITING);
	refused(&f, "a");
	fake_end_turn(&f);
	ck_assert_uint_eq(f.refused, 1);
	ck_assert_uint_eq(f.worker->rooms.count, 0);
	fake_fini(&f);
}
END_TEST

static struct conn *wait_for_a_and_b(struct fakeworker *f)
{
	struct conn *c = fake_connect(f, CONN_HANDSHAKE);

	fake_join(f, c, "a");
	fake_join(f, c, "b");
	conn_set_state(c, CONN_WAITING);
	return c;
}

START_TEST(who_waits_for_a_room_can_leave_it)
{
	struct fakeworker f;
	struct conn *c;

	fake_init(&f, true);
	c = wait_for_a_and_b(&f);
	command_to(&f, CONTROL_JOIN, c, "c");
	ck_assert_uint_eq(c->pending_rooms, 3);
	watched(&f, "a");
	command_to(&f, CONTROL_LEAVE, c, "a"); /* watched: it waits for b, c */
	ck_assert_uint_eq(c->pending_rooms, 2);
	command_to(&f, CONTROL_LEAVE, c, "b");
	ck_assert_uint_eq(f.ready, 0);
	command_to(&f, CONTROL_LEAVE, c, "c");
	ck_assert_uint_eq(f.ready, 1);
	ck_assert_uint_eq(c->pending_rooms, 0);
	watched(&f, "b");
	ck_assert_uint_eq(f.ready, 1);
	fake_fini(&f);
}
END_TEST

/* It is refused and left in one turn: nobody was turned away yet. */
START_TEST(who_has_left_a_refused_room_does_not_wait_for_it)
{
	struct fakeworker f;
	struct conn *c;

	fake_init(&f, true);
	c = wait_for_a_and_b(&f);
	refused(&f, "a");
	command_to(&f, CONTROL_LEAVE, c, "a");
	ck_assert_uint_eq(c->pending_rooms, 1);
	watched(&f, "b");
	fake_end_turn(&f);
	ck_assert_uint_eq(f.ready, 1);
	ck_assert_uint_eq(f.refused, 0);
	fake_fini(&f);
}
END_TEST

START_TEST(the_hub_hears_of_the_new_room_before_the_join_is_done)
{
	struct fakeworker f;
	struct mail *mail;
	struct command *cmd;
	size_t count;

	fake_init(&f, true);
	command_to(&f, CONTROL_JOIN, fake_connect(&f, CONN_OPEN), "a");
	mail = mailbox_take(f.shared.hub, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(mail[0].kind, MAIL_ROOM_OPENED);
	free(mail[0].item);
	ck_assert_uint_eq(mail[1].kind, MAIL_COMMAND_DONE);
	cmd = mail[1].item;
	ck_assert_uint_eq(cmd->where.room_count, 1);
	ck_assert(slice_eq(cmd->where.rooms[0].name, slice_str("a")));
	command_unref(cmd);
	fake_fini(&f);
}
END_TEST

/* Post a command for a user and many rooms. */
static void post_for_many(
    struct fakeworker *f, enum control_command kind, uint32_t count)
{
	static char names[1000][12];
	const struct control parsed = { .command = kind };
	char buf[ROOM_OF_USER_MAX];
	struct aim_room ann = fake_room(f, room_of_user(slice_str("ann"), buf));
	const struct aim whom = { .rooms = &ann, .room_count = 1 };
	struct aim_room rooms[1000];
	const struct aim where = { .rooms = rooms, .room_count = count };
	struct mail mail = { .kind = MAIL_COMMAND };
	struct command *cmd;

	ck_assert_uint_le(count, 1000);
	for (uint32_t i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof names[i], "%u", i);
		rooms[i] = fake_room(f, slice_str(names[i]));
	}
	cmd = command_new(&parsed, &whom, &where, 1);
	ck_assert_ptr_nonnull(cmd);
	mail.item = cmd;
	mailbox_post(f->worker->mailbox, &mail, 1, cmd->bytes);
}

static void post_to_room(
    struct fakeworker *f, enum control_command kind, const char *name)
{
	const struct control parsed = { .command = kind, .code = 4000 };
	struct aim_room room = fake_room(f, slice_str(name));
	const struct aim whom = { .rooms = &room, .room_count = 1 };
	const struct aim where = { .rooms = NULL };
	struct command *cmd = command_new(&parsed, &whom, &where, 1);
	struct mail mail = { .kind = MAIL_COMMAND, .item = cmd };

	ck_assert_ptr_nonnull(cmd);
	mailbox_post(f->worker->mailbox, &mail, 1, cmd->bytes);
}

/*
 * 600 connections and 1,000 rooms are too much for one turn. Between two of
 * them a connection goes, and one comes, too late for the command.
 */
START_TEST(a_large_command_takes_many_turns)
{
	enum { TABS = 600, ROOMS = 1000 };
	struct fakeworker f;
	struct conn *tabs[TABS + 1];
	unsigned turns = 1;

	fake_init(&f, false);
	f.conf.limits.rooms_per_connection = ROOMS;
	for (int i = 0; i < TABS; i++) {
		tabs[i] = fake_connect(&f, CONN_OPEN);
		ck_assert_int_eq(
		    membership_join_user(tabs[i], slice_str("ann")), 0);
	}
	post_for_many(&f, CONTROL_JOIN, ROOMS);
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_lt(fake_metric(&f, METRIC_MEMBERSHIPS), TABS * ROOMS);
	conn_kill(tabs[0]);
	conn_kill(tabs[TABS - 1]);
	fake_end_turn(&f);
	tabs[TABS] = fake_connect(&f, CONN_OPEN);
	ck_assert_int_eq(membership_join_user(tabs[TABS], slice_str("ann")), 0);
	while (turn_take_mail(f.worker))
		turns++;
	ck_assert_uint_gt(turns, 1);
	for (int i = 1; i < TABS - 1; i++)
		ck_assert_uint_eq(conn_room_count(tabs[i]), ROOMS);
	ck_assert_uint_eq(conn_room_count(tabs[TABS]), 0);
	post_for_many(&f, CONTROL_LEAVE, ROOMS);
	ck_assert(turn_take_mail(f.worker));
	while (turn_take_mail(f.worker))
		;
	ck_assert_uint_eq(fake_metric(&f, METRIC_MEMBERSHIPS), 0);
	ck_assert_uint_eq(mailbox_bytes(f.worker->mailbox), 0);
	fake_fini(&f);
}
END_TEST

/* Each is a write: so many at once would hold up others for long. */
START_TEST(many_are_disconnected_over_many_turns)
{
	enum { MEMBERS = 5000 };
	struct fakeworker f;
	struct conn *staying;

	fake_init(&f, false);
	for (int i = 0; i < MEMBERS; i++)
		fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	staying = fake_connect(&f, CONN_OPEN);
	fake_join(&f, staying, "b");
	post_to_room(&f, CONTROL_DISCONNECT, "a");
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_gt(f.disconnects, 100);
	ck_assert_uint_lt(f.disconnects, MEMBERS / 2);
	fake_end_turn(&f);
	while (turn_take_mail(f.worker))
		fake_end_turn(&f);
	ck_assert_uint_eq(f.disconnects, MEMBERS);
	ck_assert_int_eq(staying->state, CONN_OPEN);
	fake_fini(&f);
}
END_TEST

/* The user's last connection goes, and the room that is walked with it. */
START_TEST(a_room_that_goes_between_two_turns_is_done)
{
	struct fakeworker f;
	struct conn *tabs[300];

	fake_init(&f, false);
	f.conf.limits.rooms_per_connection = 1000;
	for (int i = 0; i < 300; i++) {
		tabs[i] = fake_connect(&f, CONN_OPEN);
		ck_assert_int_eq(
		    membership_join_user(tabs[i], slice_str("ann")), 0);
	}
	post_for_many(&f, CONTROL_JOIN, 1000);
	ck_assert(turn_take_mail(f.worker));
	for (int i = 0; i < 300; i++)
		conn_kill(tabs[i]);
	fake_end_turn(&f);
	ck_assert(!turn_take_mail(f.worker));
	ck_assert_uint_eq(mailbox_bytes(f.worker->mailbox), 0);
	fake_fini(&f);
}
END_TEST

START_TEST(who_comes_while_a_room_is_walked_is_passed_over)
{
	struct fakeworker f;
	struct conn *c[3], *n;
	const struct control parsed = { .command = CONTROL_DISCONNECT,
		.code = 4001 };
	struct aim_room from;
	struct aim aim, place = { 0 };
	struct command *cmd;
	struct walk walk = { 0 };
	size_t count = 0;

	fake_init(&f, false);
	for (int i = 0; i < 3; i++) {
		c[i] = fake_connect(&f, CONN_OPEN);
		fake_join(&f, c[i], "a");
	}
	from = fake_room(&f, slice_str("a"));
	aim = (struct aim){ .rooms = &from, .room_count = 1 };
	cmd = command_new(&parsed, &aim, &place, 1);
	ck_assert(!steer(f.worker, cmd, &walk, 1, &count)); /* c[2] */
	ck_assert_int_eq(c[2]->state, CONN_DEAD);
	turn_reap(f.worker);
	n = fake_connect(&f, CONN_OPEN); /* it comes back */
	fake_join(&f, n, "a");
	conn_kill(c[0]); /* goes by itself */
	turn_reap(f.worker);
	count = 0;
	(void)steer(f.worker, cmd, &walk, 1 << 20, &count);
	ck_assert_int_eq(n->state, CONN_OPEN);
	command_unref(cmd);
	fake_fini(&f);
}
END_TEST

UNIT_MAIN("core/steer", a_user_joins_and_leaves_with_all_its_connections,
    who_comes_while_a_room_is_walked_is_passed_over,
    what_names_nobody_is_silent, a_join_over_the_limit_is_refused_and_counted,
    every_member_of_a_room_is_disconnected,
    only_waiting_and_open_connections_are_steered,
    who_waits_for_a_refused_room_is_turned_away,
    many_who_wait_for_a_refused_room_take_several_turns,
    a_refused_room_goes_with_its_last_member_that_waits,
    who_waits_for_a_room_can_leave_it,
    who_has_left_a_refused_room_does_not_wait_for_it,
    the_hub_hears_of_the_new_room_before_the_join_is_done,
    a_large_command_takes_many_turns, many_are_disconnected_over_many_turns,
    a_room_that_goes_between_two_turns_is_done)
