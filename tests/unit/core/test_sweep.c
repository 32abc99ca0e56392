/*
 * sweep: when messages have been written to all that they are for, and how much
 * is taken before.
 */
#include "base/clock.h"
#include "core/run.h"
#include "fakeworker.h"
#include "unit.h"

static const enum metric none = METRIC_FANOUT + 1; /* the first bucket */

static struct fakeworker f;

static void set_up(void)
{
	fake_init(&f, false);
}

static void tear_down(void)
{
	fake_fini(&f);
}

static uint64_t measured(void)
{
	uint64_t sum = 0;

	for (enum metric id = none; id <= METRIC_FANOUT_LAST; id++)
		sum += fake_metric(&f, id);
	return sum;
}

/* Post a message of this size that was read then. */
static void post_to(const struct aim *aim, size_t size, uint32_t read_us)
{
	struct mail mail = { .kind = MAIL_MESSAGE };
	struct message *m = fake_message(size, aim);

	m->read_us = read_us;
	mail.item = m;
	mailbox_post(f.worker->mailbox, &mail, 1, m->bytes);
}

/* To all, and it was read so long ago. */
static void post_size(size_t size, uint32_t ago_us)
{
	post_to(&(struct aim){ .is_everyone = true }, size,
	    (uint32_t)clock_us() - ago_us);
}

static void post(uint32_t ago_us)
{
	post_size(100, ago_us);
}

static void connect_many(unsigned count)
{
	while (count-- > 0)
		(void)fake_connect(&f, CONN_OPEN);
}

START_TEST(it_is_measured_when_nobody_is_left)
{
	connect_many(3);
	post(2000000);
	ck_assert(!turn_take_mail(f.worker));
	ck_assert_uint_eq(turn_flush(f.worker, 2), 0);
	ck_assert_uint_eq(measured(), 0);
	(void)turn_flush(f.worker, 2);
	ck_assert_uint_eq(measured(), 1);
	ck_assert_uint_ge(fake_metric(&f, METRIC_FANOUT), 2000000);
	ck_assert_uint_lt(fake_metric(&f, METRIC_FANOUT), 60000000);
	(void)turn_flush(f.worker, 2);
	ck_assert_uint_eq(measured(), 1);
}
END_TEST

START_TEST(all_of_a_full_turn_are_measured)
{
	connect_many(1);
	for (uint32_t i = 0; i < SWEEP_MESSAGES + 1; i++)
		post(i * 1000);
	ck_assert(turn_take_mail(f.worker));
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(measured(), SWEEP_MESSAGES);
	ck_assert(!turn_take_mail(f.worker));
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(measured(), SWEEP_MESSAGES + 1);
}
END_TEST

START_TEST(a_large_one_is_measured_by_itself_and_small_ones_before_it)
{
	connect_many(3);
	post_size(1 << 20, 2000000);
	ck_assert(!turn_take_mail(f.worker));
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert(bulk_turn(f.worker));
	post(1000);
	ck_assert(!turn_take_mail(f.worker));
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(measured(), 1);
	ck_assert_uint_lt(fake_metric(&f, METRIC_FANOUT), 1000000);
	fake_end_turn(&f);
	ck_assert_uint_eq(measured(), 2);
	ck_assert_uint_ge(fake_metric(&f, METRIC_FANOUT), 2000000);
}
END_TEST

START_TEST(what_was_never_read_is_not_measured)
{
	connect_many(1);
	fake_publish(&f, 10, &(struct aim){ .is_everyone = true });
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(measured(), 0);
}
END_TEST

START_TEST(who_has_not_been_written_to_gets_what_comes_along)
{
	connect_many(3);
	post(2000000);
	ck_assert(!turn_take_mail(f.worker));
	(void)turn_flush(f.worker, 1);
	post(1000);
	ck_assert(!turn_take_mail(f.worker));
	(void)turn_flush(f.worker, 2);
	ck_assert_uint_eq(fake_metric(&f, METRIC_WRITES), 3);
	ck_assert_uint_eq(measured(), 1);
	ck_assert_uint_ge(fake_metric(&f, METRIC_FANOUT), 2000000);
	(void)turn_flush(f.worker, 2);
	ck_assert_uint_eq(fake_metric(&f, METRIC_WRITES), 4);
	ck_assert_uint_eq(measured(), 2);
}
END_TEST

START_TEST(what_comes_along_is_under_way_for_longer)
{
	const struct aim all = { .is_everyone = true };

	connect_many(3);
	post_to(&all, 100, 1);
	ck_assert(!turn_take_mail(f.worker));
	(void)turn_flush(f.worker, 1);
	post_to(&all, 100, 1);
	ck_assert(!turn_take_mail(f.worker));
	(void)turn_flush(f.worker, 2);
	ck_assert_uint_eq(measured(), 1);
	ck_assert_uint_eq(f.worker->sweep.messages, 1);
	(void)turn_flush(f.worker, 2);
	ck_assert_uint_eq(measured(), 2);
	ck_assert_uint_eq(f.worker->sweep.messages, 0);
	ck_assert_uint_eq(f.worker->sweep.bytes, 0);
}
END_TEST

static bool are_written(uint64_t messages)
{
	return fake_metric(&f, METRIC_DELIVERIES) == messages &&
	       measured() == messages;
}

/* Of these, to one connection. */
static void check_how_many_are_under_way(
    const struct aim *aim, size_t size, uint32_t at_most)
{
	for (uint32_t i = 0; i < at_most + 1; i++)
		post_to(aim, size, 1000);
	while (fake_metric(&f, METRIC_DELIVERIES) < at_most)
		ck_assert(turn_take_mail(f.worker));
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), at_most);
	fake_end_turn(&f);
	ck_assert(are_written(at_most));
	ck_assert(!turn_take_mail(f.worker));
	fake_end_turn(&f);
	ck_assert(are_written(at_most + 1));
}

START_TEST(so_many_are_under_way_at_most)
{
	connect_many(1);
	check_how_many_are_under_way(
	    &(struct aim){ .is_everyone = true }, 100, SWEEP_MESSAGES);
}
END_TEST

START_TEST(so_many_bytes_are_under_way_at_most)
{
	connect_many(1);
	check_how_many_are_under_way(
	    &(struct aim){ .is_everyone = true }, SWEEP_BYTES / 2, 2);
}
END_TEST

START_TEST(one_that_is_large_is_under_way_at_most)
{
	connect_many(1);
	check_how_many_are_under_way(
	    &(struct aim){ .is_everyone = true }, 1 << 20, 1);
}
END_TEST

START_TEST(a_run_is_no_longer_than_what_may_be_under_way)
{
	enum { FIRST = 40 };
	struct aim_room room = fake_room(&f, slice_str("a"));
	const struct aim aim = { .rooms = &room, .room_count = 1 };
	struct conn *a = fake_connect(&f, CONN_OPEN);

	fake_join(&f, a, "a");
	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	for (uint32_t i = 0; i < FIRST; i++)
		post_to(&aim, 100, 1000);
	ck_assert(!turn_take_mail(f.worker));
	for (uint32_t i = FIRST; i < SWEEP_MESSAGES + 1; i++)
		post_to(&aim, 100, 1000);
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_eq(
	    fake_metric(&f, METRIC_DELIVERIES), 2 * SWEEP_MESSAGES);
	ck_assert_uint_eq(fake_waiting(a), 2); /* two runs */
	fake_end_turn(&f);
	ck_assert_uint_eq(measured(), SWEEP_MESSAGES);
}
END_TEST

START_TEST(a_run_is_no_longer_than_what_is_left_of_a_turn)
{
	enum { OTHERS = 40 };
	const struct mail other = { .kind = MAIL_QUIET };
	struct aim_room room = fake_room(&f, slice_str("a"));
	const struct aim aim = { .rooms = &room, .room_count = 1 };

	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	for (int i = 0; i < OTHERS; i++)
		mailbox_post(f.worker->mailbox, &other, 1, 0);
	for (int i = 0; i < SWEEP_MESSAGES; i++)
		post_to(&aim, 100, 1);
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_eq(f.worker->sweep.messages, SWEEP_MESSAGES - OTHERS);
}
END_TEST

START_TEST(a_run_is_no_larger_than_what_may_be_under_way)
{
	enum { SIZE = RUN_MESSAGE_BYTES / 2, LARGER = SWEEP_BYTES / 2 };
	struct aim_room room = fake_room(&f, slice_str("a"));
	const struct aim aim = { .rooms = &room, .room_count = 1 };

	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	post_to(&aim, LARGER, 1);
	for (uint32_t i = 1; i < SWEEP_MESSAGES; i++)
		post_to(&aim, SIZE, 1);
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_ge(f.worker->sweep.bytes, SWEEP_BYTES);
	ck_assert_uint_lt(
	    f.worker->sweep.bytes, SWEEP_BYTES + RUN_MESSAGE_BYTES);
}
END_TEST

START_TEST(what_is_no_message_is_taken_however_much_is_under_way)
{
	const struct mail mail = { .kind = MAIL_QUIET };

	connect_many(1);
	for (uint32_t i = 0; i < SWEEP_MESSAGES; i++)
		post(1000);
	mailbox_post(f.worker->mailbox, &mail, 1, 0);
	ck_assert(turn_take_mail(f.worker));
	ck_assert(!turn_take_mail(f.worker));
	ck_assert_uint_eq(measured(), 0);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "core/sweep",
    it_is_measured_when_nobody_is_left, all_of_a_full_turn_are_measured,
    a_large_one_is_measured_by_itself_and_small_ones_before_it,
    what_was_never_read_is_not_measured,
    who_has_not_been_written_to_gets_what_comes_along,
    what_comes_along_is_under_way_for_longer, so_many_are_under_way_at_most,
    so_many_bytes_are_under_way_at_most, one_that_is_large_is_under_way_at_most,
    a_run_is_no_longer_than_what_may_be_under_way,
    a_run_is_no_longer_than_what_is_left_of_a_turn,
    a_run_is_no_larger_than_what_may_be_under_way,
    what_is_no_message_is_taken_however_much_is_under_way)
