/*
 * Connections in rooms, against a table of who is where: after every step the
 * vectors on both sides must say the same.
 */
#include <errno.h>
#include <stdio.h>

#include "../base/rng.h"
#include "fakeworker.h"
#include "unit.h"

enum { CONNS = 40, ROOMS = 25, STEPS = 2000 };

struct model {
	struct fakeworker fake;
	struct conn *conns[CONNS]; /* NULL: not connected */
	bool is_in[CONNS][ROOMS];
	bool has_user[CONNS]; /* that of its own, all different */
	uint64_t seed;
};

static struct slice name_of(int room, char out[16])
{
	return slice_of(out, (size_t)snprintf(out, 16, "room-%d", room));
}

static struct slice user_of(int conn, char out[16])
{
	return slice_of(out, (size_t)snprintf(out, 16, "user-%d", conn));
}

static struct room *find(const struct model *m, struct slice name)
{
	return room_find(
	    &m->fake.worker->rooms, name, worker_hash(m->fake.worker, name));
}

/* As ck_assert, without its system call each time: there are millions. */
static void must(bool holds)
{
	if (!holds)
		ck_abort();
}

/* Each member knows its membership, and the membership its place. */
static void check_room(struct room *r)
{
	must(r->count <= r->cap);
	for (uint32_t i = 0; i < r->count; i++) {
		struct conn *c = room_members(r)[i].conn;
		uint32_t at = room_members(r)[i].membership;

		must(at < c->membership_count);
		must(conn_memberships(c)[at].room == r);
		must(conn_memberships(c)[at].position == i);
	}
}

static uint32_t check_rooms(const struct model *m)
{
	uint32_t memberships = 0, rooms = 0;

	for (int r = 0; r < ROOMS; r++) {
		char text[16];
		struct room *room = find(m, name_of(r, text));
		uint32_t count = 0;

		for (int c = 0; c < CONNS; c++)
			count += m->is_in[c][r];
		must((room ? room->count : 0) == count);
		if (room)
			check_room(room);
		memberships += count;
		rooms += count > 0;
	}
	for (int c = 0; c < CONNS; c++)
		rooms += m->has_user[c];
	ck_assert_uint_eq(m->fake.worker->rooms.count, rooms);
	return memberships;
}

static void check_conn(const struct model *m, int i)
{
	struct conn *c = m->conns[i];
	char text[16], name[ROOM_OF_USER_MAX];
	struct room *own = find(m, room_of_user(user_of(i, text), name));
	unsigned count = 0;

	must((own != NULL) == m->has_user[i]);
	if (own) {
		must(own->count == 1);
		check_room(own);
	}
	for (int r = 0; r < ROOMS; r++) {
		struct slice room = name_of(r, text);

		count += m->is_in[i][r];
		if (c)
			must(membership_has(
				 c, room, worker_hash(m->fake.worker, room)) ==
			     m->is_in[i][r]);
	}
	if (c)
		ck_assert_uint_eq(conn_room_count(c), count);
	else
		ck_assert_uint_eq(count, 0);
}

static void check(const struct model *m)
{
	uint32_t memberships = check_rooms(m);

	for (int i = 0; i < CONNS; i++)
		check_conn(m, i);
	ck_assert_uint_eq(
	    fake_metric(&m->fake, METRIC_MEMBERSHIPS), memberships);
}

static void join(struct model *m, int c, int r)
{
	char text[16];
	struct slice name = name_of(r, text);

	ck_assert_int_eq(membership_join(m->conns[c], name,
			     worker_hash(m->fake.worker, name)),
	    m->is_in[c][r] ? -EEXIST : 0);
	m->is_in[c][r] = true;
}

static void leave(struct model *m, int c, int r)
{
	char text[16];
	struct slice name = name_of(r, text);

	membership_leave(m->conns[c], name, worker_hash(m->fake.worker, name));
	m->is_in[c][r] = false;
}

static void disconnect(struct model *m, int c)
{
	conn_kill(m->conns[c]);
	fake_end_turn(&m->fake);
	m->conns[c] = NULL;
	m->has_user[c] = false;
	memset(m->is_in[c], 0, sizeof m->is_in[c]);
}

static void connect_one(struct model *m, int c)
{
	char text[16];

	m->conns[c] = fake_connect(&m->fake, CONN_OPEN);
	m->has_user[c] = rng_below(&m->seed, 2);
	if (m->has_user[c])
		ck_assert_int_eq(
		    membership_join_user(m->conns[c], user_of(c, text)), 0);
}

static void step(struct model *m)
{
	int c = (int)rng_below(&m->seed, CONNS);
	int r = (int)rng_below(&m->seed, ROOMS);

	if (!m->conns[c])
		connect_one(m, c);
	else if (rng_below(&m->seed, 50) == 0)
		disconnect(m, c);
	else if (rng_below(&m->seed, 2))
		join(m, c, r);
	else
		leave(m, c, r);
}

START_TEST(both_sides_agree_after_every_step)
{
	struct model *m = calloc(1, sizeof *m);

	fake_init(&m->fake, false);
	m->seed = 17;
	for (int i = 0; i < STEPS; i++) {
		step(m);
		if (i < 2000 || i % 10 == 0)
			check(m);
	}
	fake_fini(&m->fake);
	free(m);
}
END_TEST

/* The hub must learn of every first member and of every last one. */
START_TEST(the_hub_hears_of_rooms_that_open_and_empty_in_turn)
{
	struct model *m = calloc(1, sizeof *m);
	bool is_open[ROOMS] = { false };
	struct mail *mail;
	size_t count;

	fake_init(&m->fake, false);
	m->seed = 23;
	for (int i = 0; i < STEPS; i++)
		step(m);
	mail = mailbox_take(m->fake.shared.hub, &count);
	for (size_t i = 0; i < count; i++) {
		struct room_notice *n = mail[i].item;
		int r;

		if (sscanf(n->name, "room-%d", &r) == 1 &&
		    !room_name_is_of_user(room_notice_name(n))) {
			ck_assert_int_eq(
			    mail[i].kind == MAIL_ROOM_OPENED, !is_open[r]);
			is_open[r] = !is_open[r];
		}
		free(n);
	}
	for (int r = 0; r < ROOMS; r++) {
		char text[16];

		ck_assert_int_eq(find(m, name_of(r, text)) != NULL, is_open[r]);
	}
	fake_fini(&m->fake);
	free(m);
}
END_TEST

static void join_as(struct fakeworker *f, const char *room, bool is_deflated)
{
	struct conn *c = fake_connect(f, CONN_HANDSHAKE);

	c->form = message_form(MESSAGE_AS_BINARY, is_deflated);
	fake_join(f, c, room);
}

START_TEST(the_hub_hears_once_that_a_room_wants_deflated_messages)
{
	static const bool wants[] = { false, true, true };
	struct fakeworker f;
	const struct mail *mail;
	size_t count;

	fake_init(&f, false);
	join_as(&f, "a", false);
	join_as(&f, "a", false);
	join_as(&f, "a", true);
	join_as(&f, "a", true);
	join_as(&f, "a", false);
	join_as(&f, "b", true);
	join_as(&f, "b", false);
	mail = mailbox_take(f.shared.hub, &count);
	ck_assert_uint_eq(count, 3);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(mail[i].kind, MAIL_ROOM_OPENED);
		ck_assert_uint_eq(mail[i].value, wants[i]);
		free(mail[i].item);
	}
	fake_fini(&f);
}
END_TEST

START_TEST(a_user_named_as_a_room_is_not_that_room)
{
	struct fakeworker f;
	struct conn *user, *member;
	char name[ROOM_OF_USER_MAX];
	struct slice own = room_of_user(slice_str("lobby"), name);

	fake_init(&f, true);
	user = fake_connect(&f, CONN_HANDSHAKE);
	member = fake_connect(&f, CONN_HANDSHAKE);
	ck_assert_int_eq(membership_join_user(user, slice_str("lobby")), 0);
	fake_join(&f, member, "lobby");
	ck_assert(!membership_has(user, slice_str("lobby"),
	    worker_hash(f.worker, slice_str("lobby"))));
	ck_assert(!membership_has(member, own, worker_hash(f.worker, own)));
	ck_assert_uint_eq(conn_room_count(user), 0);
	ck_assert_uint_eq(conn_room_count(member), 1);
	/* The backend watches rooms, never users. */
	ck_assert_uint_eq(user->pending_rooms, 0);
	ck_assert_uint_eq(member->pending_rooms, 1);
	ck_assert_uint_eq(fake_metric(&f, METRIC_MEMBERSHIPS), 1);
	fake_fini(&f);
}
END_TEST

START_TEST(a_user_of_255_bytes_has_a_room)
{
	struct fakeworker f;
	struct conn *c;
	char user[USER_NAME_MAX], name[ROOM_OF_USER_MAX];
	struct slice own;

	memset(user, 'u', sizeof user);
	fake_init(&f, false);
	c = fake_connect(&f, CONN_OPEN);
	ck_assert_int_eq(
	    membership_join_user(c, slice_of(user, sizeof user)), 0);
	own = room_of_user(slice_of(user, sizeof user), name);
	ck_assert_uint_eq(own.len, ROOM_OF_USER_MAX);
	ck_assert(membership_has(c, own, worker_hash(f.worker, own)));
	membership_leave_all(c);
	ck_assert(!c->has_user);
	ck_assert(!membership_has(c, own, worker_hash(f.worker, own)));
	fake_fini(&f);
}
END_TEST

/* Whoever asks for the user does not look through all rooms. */
START_TEST(the_room_of_its_user_stays_the_first)
{
	struct fakeworker f;
	struct conn *c;

	fake_init(&f, false);
	c = fake_connect(&f, CONN_OPEN);
	ck_assert_int_eq(membership_join_user(c, slice_str("ann")), 0);
	fake_join(&f, c, "a");
	fake_join(&f, c, "b");
	for (const char *room = "ba"; *room; room++) {
		struct slice name = slice_of(room, 1);

		ck_assert(slice_eq(membership_user(c), slice_str("ann")));
		ck_assert(
		    membership_leave(c, name, worker_hash(f.worker, name)));
	}
	ck_assert(slice_eq(membership_user(c), slice_str("ann")));
	ck_assert(room_name_is_of_user(room_name(conn_memberships(c)->room)));
	fake_fini(&f);
}
END_TEST

START_TEST(an_open_connection_waits_for_no_room)
{
	struct fakeworker f;
	struct conn *c;

	fake_init(&f, true);
	c = fake_connect(&f, CONN_OPEN);
	fake_join(&f, c, "a");
	ck_assert_uint_eq(c->pending_rooms, 0);
	fake_fini(&f);
}
END_TEST

UNIT_MAIN("core/membership", both_sides_agree_after_every_step,
    the_hub_hears_of_rooms_that_open_and_empty_in_turn,
    the_hub_hears_once_that_a_room_wants_deflated_messages,
    a_user_named_as_a_room_is_not_that_room, a_user_of_255_bytes_has_a_room,
    the_room_of_its_user_stays_the_first, an_open_connection_waits_for_no_room)
