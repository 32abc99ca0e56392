/*
 * parking: who comes back before it is known from where on. What each is told
 * is read from the pages that it is sent.
 */
#include "core/parking.h"
#include "keeperrig.h"
#include "unit.h"

static void expire_after(int64_t ms)
{
	parking_tick(&rig.keeper.parking, clock_ms() + ms);
}

/* --- without a position --- */

START_TEST(without_a_position_all_wait_for_the_mark)
{
	open_keeper(&names_places);
	come("");
	come("m0~3");
	ck_assert_str_eq(told(), "");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 2);
	mark("m1");
	ck_assert_str_eq(told(), "all: m1~0 gap; [m1~0 at; ] ");
	ck_assert_uint_eq(rig.backend.asked, 1); /* for m0 */
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 0);
	ck_assert_uint_eq(counted(METRIC_RESUMES_AT), 1);
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_UNKNOWN), 1);
}
END_TEST

START_TEST(without_a_position_nobody_waits_longer_than_three_heartbeats)
{
	open_keeper(&names_places);
	come("m0~3");
	expire_after(3 * HEARTBEAT_MS - 500);
	ck_assert_str_eq(told(), "");
	expire_after(3 * HEARTBEAT_MS);
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_VOID), 1);
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 0);
	/* It is live; who comes back with that cursor is nowhere. */
	mark("m1");
	ck_assert_str_eq(told(), "all: m1~0 gap; ");
	come(rig.keeper.parking.nowhere);
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
}
END_TEST

START_TEST(what_comes_before_the_mark_is_for_who_is_here)
{
	open_keeper(&names_places);
	(void)connect_client();
	publish("early");
	ck_assert_uint_eq(history_bytes(rig.keeper.history), 0);
	mark("m1");
	publish("late");
	ck_assert_uint_gt(history_bytes(rig.keeper.history), 0);
	come("m1~0");
	ck_assert_str_eq(told(), "all: m1~0 gap; [m1~0 at; m1~1;late ] ");
}
END_TEST

/* --- later --- */

START_TEST(a_cursor_that_may_be_later_waits_for_a_barrier)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	come("m1~2");
	come("m2~0");
	ck_assert_uint_eq(rig.backend.asked, 1); /* one for both */
	ck_assert_str_eq(told(), "");
	publish("1");
	publish("2");
	publish("3");
	mark("m2");
	ck_assert_str_eq(told(), "");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~2 at; m1~3;3 ] [m2~0 at; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_REPLAYED), 1);
}
END_TEST

START_TEST(who_comes_after_the_barrier_was_asked_for_waits_for_the_next)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	come("m2~0");
	come("m3~0");
	ck_assert_uint_eq(rig.backend.asked, 1);
	mark("m2");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m2~0 at; ] ");
	ck_assert_uint_eq(rig.backend.asked, 2);
	mark("m3");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m3~0 at; ] ");
	ck_assert_uint_eq(rig.backend.asked, 2);
	keeper_barrier(&rig.keeper); /* nobody has asked */
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(a_barrier_that_does_not_come_is_waited_for_three_heartbeats)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	come("m2~0");
	expire_after(3 * HEARTBEAT_MS - 500);
	ck_assert_str_eq(told(), "");
	expire_after(3 * HEARTBEAT_MS);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_UNKNOWN), 1);
}
END_TEST

START_TEST(where_nothing_can_be_later_nobody_waits)
{
	static const struct backend_ops alone = { .names_places = false };

	open_keeper(&alone);
	come("m2~0");
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 0);
}
END_TEST

START_TEST(beyond_so_many_there_is_a_gap_at_once)
{
	const int limit = 1000;
	struct conn *c = connect_client();

	rig.fake.conf.limits.resumes = (size_t)limit;
	open_keeper(&names_places);
	for (int i = 0; i < limit; i++)
		ask_with(c, "m1~0");
	ck_assert_str_eq(told(), "");
	ask_with(c, "m1~0");
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), limit);
	mark("m2");
	ck_assert_uint_eq(rig.backend.asked, 1);
}
END_TEST

/* Each of them may be a mark that all others have to remember. */
START_TEST(made_up_cursors_ask_for_few_barriers)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	for (int i = 0; i < 1000; i++) {
		come("made-up~0");
		if (i < PARKING_BARRIERS) {
			keeper_barrier(&rig.keeper);
			ck_assert_str_eq(told(), "[m1~0 gap; ] ");
		}
	}
	ck_assert_uint_ge(rig.backend.asked, PARKING_BARRIERS);
	ck_assert_uint_le(rig.backend.asked, 2 * PARKING_BARRIERS);
	keeper_barrier(&rig.keeper);
	expire_after(2000); /* but in time for all of them */
	keeper_barrier(&rig.keeper);
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 0);
}
END_TEST

/* --- what breaks --- */

START_TEST(after_a_void_all_are_told_before_what_follows)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	(void)connect_client();
	publish("1");
	come("m1~0");
	keeper_void(&rig.keeper);
	come("m1~1");
	ck_assert_str_eq(told(), "");
	mark("m2");
	publish("2");
	/* Who had asked before is told what is between by the gap. */
	ck_assert_str_eq(told(), "all: m2~0 gap; [m1~0 at; m2~1 gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_VOID), 1);
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m2~1 gap; ] ");
}
END_TEST

START_TEST(a_void_ends_a_barrier)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	come("m3~0");
	come("m3~0");
	keeper_void(&rig.keeper);
	keeper_barrier(&rig.keeper); /* too late */
	expire_after(0);
	ck_assert_str_eq(told(), "");
	ck_assert_uint_eq(rig.backend.asked, 1);
	mark("m2");
	ck_assert_str_eq(told(), "all: m2~0 gap; ");
	ck_assert_uint_eq(rig.backend.asked, 2);
	mark("m3");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m3~0 at; ] [m3~0 at; ] ");
}
END_TEST

START_TEST(when_it_is_off_nobody_waits)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	come("m3~0");
	keeper_off(&rig.keeper);
	ck_assert_str_eq(told(), "all: nowhere gap; [nowhere gap; ] ");
	come("m1~0");
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	come("");
	ck_assert_str_eq(told(), "[nowhere at; ] ");
	come(rig.keeper.parking.nowhere);
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	publish("x");
	ck_assert_uint_eq(history_bytes(rig.keeper.history), 0);
	keeper_void(&rig.keeper); /* it begins anew */
	come("");
	ck_assert_str_eq(told(), "");
	mark("m2");
	ck_assert_str_eq(told(), "all: m2~0 gap; [m2~0 at; ] ");
}
END_TEST

START_TEST(a_hole_is_told_in_order)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	publish("1");
	keeper_hole(&rig.keeper);
	publish("2");
	come("m1~1");
	come("m1~2");
	ck_assert_str_eq(
	    told(), "all: m1~1 gap; [m1~1 at; m1~1 gap; m1~2;2 ] [m1~2 at; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_HOLE), 1);
}
END_TEST

/* A mark that has been before names two positions: none is any more. */
START_TEST(a_mark_twice_is_as_a_void)
{
	open_keeper(&names_places);
	mark("m1");
	(void)told();
	publish("1");
	mark("m1");
	ck_assert_str_eq(told(), "all: m1~0 gap; ");
	come("m1~1");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
}
END_TEST

UNIT_MAIN_WITH(rig_setup, rig_teardown, "core/parking",
    without_a_position_all_wait_for_the_mark,
    without_a_position_nobody_waits_longer_than_three_heartbeats,
    what_comes_before_the_mark_is_for_who_is_here,
    a_cursor_that_may_be_later_waits_for_a_barrier,
    who_comes_after_the_barrier_was_asked_for_waits_for_the_next,
    a_barrier_that_does_not_come_is_waited_for_three_heartbeats,
    where_nothing_can_be_later_nobody_waits,
    beyond_so_many_there_is_a_gap_at_once, made_up_cursors_ask_for_few_barriers,
    after_a_void_all_are_told_before_what_follows, a_void_ends_a_barrier,
    when_it_is_off_nobody_waits, a_hole_is_told_in_order,
    a_mark_twice_is_as_a_void)
