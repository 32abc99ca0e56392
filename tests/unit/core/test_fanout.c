/* Who on a worker is reached by a message: each once, the spared never. */
#include "fakeworker.h"
#include "unit.h"

static void publish(struct fakeworker *f, const struct aim *aim)
{
	fake_publish(f, 1, aim);
}

START_TEST(reached_by_room_user_and_connection_it_comes_once)
{
	struct fakeworker f;
	struct conn *c;
	char name[ROOM_OF_USER_MAX];

	fake_init(&f, false);
	c = fake_connect(&f, CONN_OPEN);
	ck_assert_int_eq(membership_join_user(c, slice_str("ann")), 0);
	fake_join(&f, c, "a");
	fake_join(&f, c, "b");
	publish(&f,
	    &(struct aim){
		.rooms =
		    (struct aim_room[]){
			fake_room(&f, slice_str("a")),
			fake_room(&f, slice_str("b")),
			fake_room(&f, room_of_user(slice_str("ann"), name)),
		    },
		.room_count = 3,
		.connections = (struct conn_ref[]){ fake_ref(c), fake_ref(c) },
		.connection_count = 2,
	    });
	ck_assert_uint_eq(fake_waiting(c), 1);
	fake_fini(&f);
}
END_TEST

START_TEST(the_spared_gets_nothing_and_the_next_message_again)
{
	struct fakeworker f;
	struct conn *spared, *other;
	struct aim aim;
	struct aim_room room;
	struct conn_ref refs[2];

	fake_init(&f, false);
	spared = fake_connect(&f, CONN_OPEN);
	other = fake_connect(&f, CONN_OPEN);
	fake_join(&f, spared, "a");
	fake_join(&f, other, "a");
	room = fake_room(&f, slice_str("a"));
	refs[0] = fake_ref(spared);
	refs[1] = (struct conn_ref){ .worker = 0, .slot = 1u << 20 };
	aim = (struct aim){
		.rooms = &room,
		.room_count = 1,
		.connections = refs, /* named as well: it stays spared */
		.connection_count = 1,
		.excepts = refs,
		.except_count = 2,
	};
	publish(&f, &aim);
	ck_assert_uint_eq(fake_waiting(spared), 0);
	ck_assert_uint_eq(fake_waiting(other), 1);
	aim.except_count = 0;
	publish(&f, &aim);
	ck_assert_uint_eq(fake_waiting(spared), 1);
	ck_assert_uint_eq(fake_waiting(other), 2);
	fake_fini(&f);
}
END_TEST

START_TEST(a_reference_names_nobody_once_its_connection_is_gone)
{
	struct fakeworker f;
	struct conn *first, *second;
	struct conn_ref ref;
	const struct aim aim = { .connections = &ref, .connection_count = 1 };

	fake_init(&f, false);
	first = fake_connect(&f, CONN_OPEN);
	ref = fake_ref(first);
	conn_kill(first);
	fake_end_turn(&f);
	second = fake_connect(&f, CONN_OPEN);
	ck_assert_uint_eq(second->slot, ref.slot);
	publish(&f, &aim);
	ck_assert_uint_eq(fake_waiting(second), 0);
	ref = fake_ref(second);
	ref.worker = 1;
	publish(&f, &aim);
	ck_assert_uint_eq(fake_waiting(second), 0);
	ref.worker = 0;
	publish(&f, &aim);
	ck_assert_uint_eq(fake_waiting(second), 1);
	fake_fini(&f);
}
END_TEST

START_TEST(before_and_after_the_session_nothing_is_queued)
{
	static const enum conn_state states[] = { CONN_HANDSHAKE, CONN_WAITING,
		CONN_OPEN, CONN_CLOSING, CONN_LINGER };
	struct fakeworker f;

	fake_init(&f, false);
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct conn *c = fake_connect(&f, states[i]);
		struct conn_ref ref = fake_ref(c);
		bool takes =
		    states[i] == CONN_WAITING || states[i] == CONN_OPEN;

		publish(&f, &(struct aim){
				.connections = &ref, .connection_count = 1 });
		ck_assert_uint_eq(fake_waiting(c), takes ? 1 : 0);
	}
	fake_fini(&f);
}
END_TEST

START_TEST(everyone_is_everyone)
{
	struct fakeworker f;
	struct conn *conns[100];

	fake_init(&f, false);
	for (int i = 0; i < 100; i++)
		conns[i] = fake_connect(&f, CONN_OPEN);
	publish(&f, &(struct aim){ .is_everyone = true });
	publish(&f, &(struct aim){ .is_everyone = false });
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(fake_waiting(conns[i]), 1);
	fake_fini(&f);
}
END_TEST

static uint32_t members_of(
    const struct fakeworker *f, const struct aim_room *room)
{
	const struct room *r =
	    room_find(&f->worker->rooms, room->name, room->hash);

	return r ? r->count : 0;
}

/* A room of count members, of whom those that is_slow says lag behind. */
static void check_walk(unsigned count, bool (*is_slow)(unsigned i))
{
	struct fakeworker f;
	struct conn *conns[256];
	struct aim_room room;
	unsigned left = 0;

	fake_init(&f, false);
	f.conf.delivery.queue = 1;
	for (unsigned i = 0; i < count; i++) {
		conns[i] = fake_connect(&f, CONN_OPEN);
		fake_join(&f, conns[i], "a");
		conns[i]->is_blocked = is_slow(i);
		left += !is_slow(i);
		if (is_slow(i))
			publish(&f,
			    &(struct aim){
				.connections =
				    (struct conn_ref[]){ fake_ref(conns[i]) },
				.connection_count = 1,
			    });
	}
	room = fake_room(&f, slice_str("a"));
	publish(&f, &(struct aim){ .rooms = &room, .room_count = 1 });
	for (unsigned i = 0; i < count; i++) {
		ck_assert_uint_eq(
		    conns[i]->state, is_slow(i) ? CONN_DEAD : CONN_OPEN);
		ck_assert_uint_eq(fake_waiting(conns[i]), 1);
	}
	fake_end_turn(&f);
	ck_assert_uint_eq(members_of(&f, &room), left);
	fake_fini(&f);
}

static bool nobody(unsigned i)
{
	(void)i;
	return false;
}

static bool everybody(unsigned i)
{
	(void)i;
	return true;
}

static bool every_second(unsigned i)
{
	return i % 2;
}

static bool nearly_all(unsigned i)
{
	return i % 20 != 10;
}

START_TEST(members_that_go_during_the_walk_take_nobody_along)
{
	/* More than 64: such a room's vector shrinks on the way. */
	for (unsigned count = 1; count <= 256; count = count * 2 + 1) {
		check_walk(count, nobody);
		check_walk(count, everybody);
		check_walk(count, every_second);
		check_walk(count, nearly_all);
	}
	check_walk(256, nearly_all);
}
END_TEST

START_TEST(members_that_are_refused_during_the_walk_take_nobody_along)
{
	enum { COUNT = 256 };
	struct fakeworker f;
	struct conn *conns[COUNT];
	struct aim_room room;
	unsigned left = 0;

	fake_init(&f, false);
	f.conf.delivery.queue = 1;
	f.lets_nobody_in = true;
	for (unsigned i = 0; i < COUNT; i++) {
		struct conn_ref ref;

		conns[i] =
		    fake_connect(&f, nearly_all(i) ? CONN_WAITING : CONN_OPEN);
		fake_join(&f, conns[i], "a");
		ref = fake_ref(conns[i]);
		if (nearly_all(i))
			publish(&f, &(struct aim){ .connections = &ref,
					.connection_count = 1 });
	}
	room = fake_room(&f, slice_str("a"));
	publish(&f, &(struct aim){ .rooms = &room, .room_count = 1 });
	for (unsigned i = 0; i < COUNT; i++) {
		ck_assert_uint_eq(
		    conns[i]->state, nearly_all(i) ? CONN_LINGER : CONN_OPEN);
		ck_assert_uint_eq(fake_waiting(conns[i]), 1);
		left += !nearly_all(i);
	}
	fake_end_turn(&f);
	ck_assert_uint_eq(members_of(&f, &room), left);
	fake_fini(&f);
}
END_TEST

UNIT_MAIN("core/fanout", members_that_go_during_the_walk_take_nobody_along,
    members_that_are_refused_during_the_walk_take_nobody_along,
    reached_by_room_user_and_connection_it_comes_once,
    the_spared_gets_nothing_and_the_next_message_again,
    a_reference_names_nobody_once_its_connection_is_gone,
    before_and_after_the_session_nothing_is_queued, everyone_is_everyone)
