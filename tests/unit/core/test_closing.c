/* The pace of closing everybody, and who is among them. */
#include "base/mem.h"
#include "core/closing.h"
#include "core/lost_rooms.h"
#include "fakeworker.h"
#include "unit.h"

enum { MANY = 10000 };

static struct fakeworker f; /* aligned: the stack of ASan is not */

static void setup(unsigned count)
{
	fake_init(&f, false);
	f.conf.shutdown.drain_ms = 10000;
	for (unsigned i = 0; i < count; i++)
		(void)fake_connect(&f, CONN_OPEN);
}

static uint32_t left(void)
{
	fake_end_turn(&f);
	return f.worker->conn_count;
}

/* A tick of the worker, so many milliseconds after the last one. */
static uint32_t left_after(int64_t ms)
{
	f.worker->now_ms += ms;
	closing_tick(f.worker);
	return left();
}

START_TEST(two_clients_need_not_wait_for_the_drain)
{
	setup(2);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left(), 1);
	ck_assert_uint_eq(left_after(16), 0);
	ck_assert_ptr_null(f.worker->closing);
	fake_fini(&f);
}
END_TEST

START_TEST(many_are_closed_at_the_rate)
{
	setup(5000);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left(), 4999);
	ck_assert_uint_eq(left_after(1000), 5000 - CLOSING_RATE - 1);
	ck_assert_uint_eq(left_after(500), 5000 - CLOSING_RATE * 3 / 2 - 1);
	ck_assert_uint_eq(left_after(3500), 0);
	fake_fini(&f);
}
END_TEST

START_TEST(the_workers_share_the_rate)
{
	setup(1000);
	f.shared.connections += 3000; /* of the others */
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left_after(1000), 1000 - CLOSING_RATE / 4 - 1);
	f.shared.connections -= 3000;
	fake_fini(&f);
}
END_TEST

START_TEST(a_second_outage_tells_those_who_came_in_between)
{
	setup(1000);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left_after(100), 899);
	for (int i = 0; i < 101; i++)
		(void)fake_connect(&f, CONN_OPEN);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left_after(500), 499);
	(void)fake_connect(&f, CONN_OPEN); /* has missed nothing */
	ck_assert_uint_eq(left_after(500), 1);
	ck_assert_ptr_null(f.worker->closing);
	fake_fini(&f);
}
END_TEST

START_TEST(who_is_not_in_yet_is_left_alone)
{
	struct conn *c;

	setup(0);
	c = fake_connect(&f, CONN_HANDSHAKE);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left_after(5000), 1);
	ck_assert_int_eq(c->state, CONN_HANDSHAKE);
	fake_fini(&f);
}
END_TEST

START_TEST(who_waits_for_an_answer_has_it_at_a_shutdown)
{
	setup(0);
	(void)fake_connect(&f, CONN_ASKING);
	(void)fake_connect(&f, CONN_WAITING);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left_after(5000), 2);
	closing_begin(f.worker, CLOSE_SHUTDOWN, NULL);
	ck_assert_uint_eq(left_after(8000), 0);
	ck_assert_uint_eq(f.closes, 2);
	fake_fini(&f);
}
END_TEST

START_TEST(a_gap_does_not_close_those_with_ids)
{
	setup(1);
	fake_connect(&f, CONN_OPEN)->form = MESSAGE_AS_TEXT_WITH_ID;
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left_after(5000), 1);
	closing_begin(f.worker, CLOSE_SHUTDOWN, NULL);
	ck_assert_uint_eq(left_after(10000), 0);
	fake_fini(&f);
}
END_TEST

START_TEST(nor_is_who_comes_later)
{
	setup(2000);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	(void)fake_connect(&f, CONN_OPEN);
	ck_assert_uint_eq(left_after(2000), 1);
	ck_assert_int_eq(f.close_reason, CLOSE_GAP);
	ck_assert(f.is_flushed); /* what waits goes out first */
	fake_fini(&f);
}
END_TEST

START_TEST(one_tick_looks_at_a_part_of_them)
{
	uint32_t before = MANY;

	setup(MANY);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	for (int64_t ms = 3600000; before > 0; ms = 16) {
		uint32_t now = left_after(ms);

		ck_assert_uint_lt(now, before);
		ck_assert_uint_le(before - now, 4097);
		before = now;
	}
	fake_fini(&f);
}
END_TEST

START_TEST(the_last_tick_of_a_shutdown_looks_at_all)
{
	setup(MANY);
	f.worker->is_ending = true;
	closing_begin(f.worker, CLOSE_SHUTDOWN, NULL);
	ck_assert_uint_eq(left_after(8000), 0);
	fake_fini(&f);
}
END_TEST

START_TEST(who_has_not_gone_at_the_end_of_the_drain_is_cut_off)
{
	setup(0);
	(void)fake_connect(&f, CONN_HANDSHAKE);
	(void)fake_connect(&f, CONN_CLOSING);
	f.worker->is_ending = true;
	closing_begin(f.worker, CLOSE_SHUTDOWN, NULL);
	ck_assert_uint_eq(left_after(9999), 2);
	ck_assert_uint_eq(left_after(1), 0);
	ck_assert_uint_eq(f.closes, 1); /* who has not asked: refused */
	ck_assert_int_eq(f.close_reason, CLOSE_SHUTDOWN);
	fake_fini(&f);
}
END_TEST

START_TEST(a_shutdown_replaces_and_is_not_replaced)
{
	setup(100);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	f.worker->is_ending = true;
	closing_begin(f.worker, CLOSE_SHUTDOWN, NULL);
	closing_begin(f.worker, CLOSE_GAP, NULL);
	ck_assert_uint_eq(left_after(4000), 48);
	ck_assert_uint_eq(left_after(4000), 0);
	fake_fini(&f);
}
END_TEST

/* --- of some rooms --- */

/* Rooms whose names begin with a letter. */
struct lettered {
	struct lost_rooms rooms;
	char letter;
};

static bool begins_with(const struct lost_rooms *l, struct slice room)
{
	/* It is the first member. */
	return room.ptr[0] == ((const struct lettered *)l)->letter;
}

static struct lost_rooms *lost(char letter)
{
	struct lettered *l = xmalloc(sizeof *l);

	*l = (struct lettered){ { 1, begins_with }, letter };
	return &l->rooms;
}

static void come_in(const char *room)
{
	fake_join(&f, fake_connect(&f, CONN_OPEN), room);
}

START_TEST(members_of_lost_rooms_are_closed)
{
	struct conn *c;

	setup(1);
	come_in("a1");
	come_in("b1");
	c = fake_connect(&f, CONN_OPEN);
	ck_assert_int_eq(membership_join_user(c, slice_str("a")), 0);
	fake_join(&f, c, "c1");
	fake_join(&f, c, "a1");
	closing_begin(f.worker, CLOSE_GAP, lost('a'));
	ck_assert_uint_eq(left_after(5000), 2);
	ck_assert_ptr_null(f.worker->closing);
	fake_fini(&f);
}
END_TEST

START_TEST(rooms_add_to_rooms_and_not_to_all)
{
	setup(1);
	for (int i = 0; i < 1000; i++) {
		come_in("a1");
		come_in("b1");
		come_in("c1");
	}
	closing_begin(f.worker, CLOSE_GAP, lost('a'));
	ck_assert_uint_gt(left(), 2500);
	closing_begin(f.worker, CLOSE_GAP, lost('b'));
	ck_assert_uint_eq(left_after(5000), 1001);
	closing_begin(f.worker, CLOSE_GAP, lost('c'));
	closing_begin(f.worker, CLOSE_GAP, NULL);
	closing_begin(f.worker, CLOSE_GAP, lost('c'));
	ck_assert_uint_eq(left_after(5000), 0);
	fake_fini(&f);
}
END_TEST

START_TEST(of_too_many_parts_all_are_closed)
{
	setup(0);
	for (int i = 0; i < 2000; i++)
		come_in("a1");
	come_in("z");
	for (int i = 0; i < CLOSING_ROOMS_MAX; i++)
		closing_begin(f.worker, CLOSE_GAP, lost('a'));
	ck_assert_uint_eq(left_after(5000), 1);
	for (int i = 0; i < 2000; i++)
		come_in("a1");
	for (int i = 0; i <= CLOSING_ROOMS_MAX; i++)
		closing_begin(f.worker, CLOSE_GAP, lost('a'));
	ck_assert_uint_eq(left_after(5000), 0);
	fake_fini(&f);
}
END_TEST

START_TEST(a_shutdown_is_not_about_rooms)
{
	setup(1);
	come_in("a1");
	closing_begin(f.worker, CLOSE_GAP, lost('b'));
	closing_begin(f.worker, CLOSE_SHUTDOWN, NULL);
	closing_begin(f.worker, CLOSE_GAP, lost('a'));
	ck_assert_uint_eq(left_after(10000), 0);
	fake_fini(&f);
}
END_TEST

START_TEST(what_is_due_leaves_before_the_cut)
{
	uint32_t at = 0;

	setup(1);
	f.conf.shutdown.drain_ms = 0;
	fake_publish(&f, 10, &(struct aim){ .is_everyone = true });
	conn_set_state(slots_next(&f.worker->slots, &at), CONN_CLOSING);
	f.worker->is_ending = true;
	closing_begin(f.worker, CLOSE_SHUTDOWN, NULL);
	ck_assert_uint_eq(fake_metric(&f, METRIC_WRITTEN_BYTES), 12);
	ck_assert_uint_eq(left(), 0);
	fake_fini(&f);
}
END_TEST

UNIT_MAIN("core/closing", two_clients_need_not_wait_for_the_drain,
    what_is_due_leaves_before_the_cut, many_are_closed_at_the_rate,
    the_workers_share_the_rate, a_second_outage_tells_those_who_came_in_between,
    who_is_not_in_yet_is_left_alone,
    who_waits_for_an_answer_has_it_at_a_shutdown,
    a_gap_does_not_close_those_with_ids, nor_is_who_comes_later,
    the_last_tick_of_a_shutdown_looks_at_all,
    who_has_not_gone_at_the_end_of_the_drain_is_cut_off,
    one_tick_looks_at_a_part_of_them, a_shutdown_replaces_and_is_not_replaced,
    members_of_lost_rooms_are_closed, rooms_add_to_rooms_and_not_to_all,
    of_too_many_parts_all_are_closed, a_shutdown_is_not_about_rooms)
