/* sweep: when messages have been written to all that they are for. */
#include "base/clock.h"
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

/* Post a message of this size to all that was read so long ago. */
static void post_size(size_t size, uint32_t ago_us)
{
	struct mail mail = { .kind = MAIL_MESSAGE };
	struct message *m =
	    fake_message(size, &(struct aim){ .is_everyone = true });

	m->read_us = (uint32_t)clock_us() - ago_us;
	mail.item = m;
	mailbox_post(f.worker->mailbox, &mail, 1, m->bytes);
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

UNIT_MAIN_WITH(set_up, tear_down, "core/sweep",
    it_is_measured_when_nobody_is_left, all_of_a_full_turn_are_measured,
    a_large_one_is_measured_by_itself_and_small_ones_before_it,
    what_was_never_read_is_not_measured)
