/* What a turn does, what it leaves for the next one, and its end. */
#include "base/mem.h"
#include "core/message.h"
#include "fakeworker.h"
#include "unit.h"

/* Names of nobody before the members', more than a turn looks for. */
static void post_to_many(struct fakeworker *f, uint32_t strangers)
{
	struct aim_room *rooms = xcalloc(strangers + 2, sizeof *rooms);
	const struct aim aim = { .rooms = rooms, .room_count = strangers + 2 };
	struct message *m;
	struct mail mail = { .kind = MAIL_MESSAGE };

	rooms[0] = fake_room(f, slice_str("a"));
	rooms[strangers + 1] = fake_room(f, slice_str("b"));
	for (uint32_t i = 1; i <= strangers; i++)
		rooms[i] = (struct aim_room){ i, slice_str("nobody") };
	m = fake_message(1, &aim);
	mail.item = m;
	mailbox_post(f->worker->mailbox, &mail, 1, m->bytes);
	free(rooms);
}

START_TEST(many_rooms_take_many_turns)
{
	struct fakeworker f;
	struct conn *first, *both, *last;
	unsigned turns = 1;

	fake_init(&f, false);
	first = fake_connect(&f, CONN_OPEN);
	both = fake_connect(&f, CONN_OPEN);
	last = fake_connect(&f, CONN_OPEN);
	fake_join(&f, first, "a");
	fake_join(&f, both, "a");
	fake_join(&f, both, "b");
	fake_join(&f, last, "b");
	post_to_many(&f, 200000);
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_eq(fake_waiting(first), 1);
	ck_assert_uint_eq(fake_waiting(both), 1);
	ck_assert_uint_eq(fake_waiting(last), 0);
	conn_kill(first); /* and its room's order changes between */
	fake_end_turn(&f);
	while (turn_take_mail(f.worker))
		turns++;
	ck_assert_uint_gt(turns, 1);
	ck_assert_uint_lt(turns, 10);
	ck_assert_uint_eq(fake_waiting(both), 0); /* flushed, and not again */
	ck_assert_uint_eq(fake_waiting(last), 1);
	ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), 3);
	ck_assert_uint_eq(mailbox_bytes(f.worker->mailbox), 0);
	fake_fini(&f);
}
END_TEST

/* As after an outage: each answer is a write. */
START_TEST(a_crowd_that_waited_for_a_room_is_answered_over_many_turns)
{
	enum { WAITING = 2000 };
	struct fakeworker f;
	struct aim_room a;
	struct conn *other;
	unsigned turns = 0;

	fake_init(&f, true);
	a = fake_room(&f, slice_str("a"));
	for (int i = 0; i < WAITING; i++) {
		struct conn *c = fake_connect(&f, CONN_HANDSHAKE);

		fake_join(&f, c, "a");
		conn_set_state(c, CONN_WAITING);
	}
	other = fake_connect(&f, CONN_HANDSHAKE);
	fake_join(&f, other, "a");
	fake_join(&f, other, "b");
	conn_set_state(other, CONN_WAITING);
	fake_mail(&f, MAIL_ROOM_WATCHED, fake_notice(&f, a.name), 0);
	ck_assert_uint_eq(f.ready, 0);
	for (; f.worker->dirty.first; turns++)
		(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(f.ready, WAITING);
	ck_assert_uint_gt(turns, 2);
	ck_assert_int_eq(other->state, CONN_WAITING);
	fake_fini(&f);
}
END_TEST

/* The leak check of the sanitizer is what looks. */
START_TEST(a_worker_may_end_in_the_middle)
{
	struct fakeworker f;

	fake_init(&f, false);
	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	post_to_many(&f, 200000);
	post_to_many(&f, 1);
	ck_assert(turn_take_mail(f.worker));
	fake_fini(&f);
}
END_TEST

static struct room *find(const struct fakeworker *f, const char *name)
{
	struct aim_room room = fake_room(f, slice_str(name));

	return room_find(&f->worker->rooms, room.name, room.hash);
}

START_TEST(who_lingers_or_dies_leaves_its_rooms_at_the_end)
{
	struct fakeworker f;
	struct conn *dead, *lingering, *staying;

	fake_init(&f, false);
	dead = fake_connect(&f, CONN_OPEN);
	lingering = fake_connect(&f, CONN_OPEN);
	staying = fake_connect(&f, CONN_OPEN);
	fake_join(&f, dead, "a");
	fake_join(&f, lingering, "a");
	fake_join(&f, staying, "a");
	fake_join(&f, dead, "b");
	conn_kill(dead);
	conn_set_state(lingering, CONN_LINGER);
	ck_assert_uint_eq(find(&f, "a")->count, 3); /* for whoever walks it */
	fake_end_turn(&f);
	ck_assert_uint_eq(find(&f, "a")->count, 1);
	ck_assert_ptr_eq(room_members(find(&f, "a"))[0].conn, staying);
	ck_assert_ptr_null(find(&f, "b"));
	ck_assert_uint_eq(f.worker->conn_count, 2);
	conn_kill(lingering);
	fake_end_turn(&f);
	ck_assert_uint_eq(f.worker->conn_count, 1);
	fake_fini(&f);
}
END_TEST

START_TEST(who_dies_while_it_is_dirty_is_not_written_to)
{
	struct fakeworker f;
	struct conn *c;

	fake_init(&f, false);
	c = fake_connect(&f, CONN_OPEN);
	fake_join(&f, c, "a");
	post_to_many(&f, 1);
	ck_assert(!turn_take_mail(f.worker));
	ck_assert(c->is_dirty);
	conn_kill(c);
	fake_end_turn(&f);
	ck_assert_uint_eq(fake_metric(&f, METRIC_WRITES), 0);
	ck_assert_uint_eq(fake_metric(&f, METRIC_QUEUED_BYTES), 0);
	ck_assert_uint_eq(f.worker->conn_count, 0);
	fake_fini(&f);
}
END_TEST

UNIT_MAIN("core/turn", many_rooms_take_many_turns,
    a_crowd_that_waited_for_a_room_is_answered_over_many_turns,
    a_worker_may_end_in_the_middle,
    who_lingers_or_dies_leaves_its_rooms_at_the_end,
    who_dies_while_it_is_dirty_is_not_written_to)
