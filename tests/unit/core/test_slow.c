/* A slow consumer: what its queue may hold, for how long, and what goes. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "fakeworker.h"
#include "unit.h"

enum { QUEUE = 64 << 10, SIZE = 10000 };

static struct fakeworker f; /* aligned: the stack of ASan is not */
static struct conn *c;
static int fd; /* anything that epoll takes */

static void setup(void)
{
	fake_init(&f, false);
	f.conf.delivery.queue = QUEUE;
	f.conf.delivery.slow_consumer = CONF_SLOW_DISCONNECT;
	f.is_stalled = true;
	c = fake_connect(&f, CONN_OPEN);
	c->fd = fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(poller_watch(c, POLLER_INPUT), 0);
}

static void teardown(void)
{
	fake_fini(&f);
	(void)close(fd);
}

/* Publish one message of this size to all, and end the turn. */
static void publish(size_t size)
{
	fake_publish(&f, size, &(struct aim){ .is_everyone = true });
	(void)turn_flush(f.worker, TURN_FLUSHES);
}

static unsigned waiting_after(unsigned count)
{
	while (count-- > 0)
		publish(SIZE);
	return fake_waiting(c);
}

static void pass(int64_t ms)
{
	f.worker->now_ms += ms;
}

START_TEST(a_burst_over_the_queue_waits_for_the_reader)
{
	ck_assert_uint_eq(waiting_after(12), 12); /* 120 kB of 64 KiB */
	ck_assert_uint_eq(f.closes, 0);
	f.is_stalled = false;
	poller_unblock(c);
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(fake_waiting(c), 0);
}
END_TEST

START_TEST(the_grace_ends)
{
	ck_assert_uint_eq(waiting_after(8), 8);
	pass(499);
	publish(SIZE);
	ck_assert_uint_eq(f.closes, 0);
	pass(1);
	publish(SIZE);
	ck_assert_uint_eq(f.closes, 1);
	ck_assert_int_eq(f.close_reason, CLOSE_SLOW);
}
END_TEST

START_TEST(who_is_let_in_is_written_to_before_it_is_slow)
{
	struct conn *late = fake_connect(&f, CONN_WAITING);

	f.is_stalled = false;
	late->pending_rooms = 1;
	for (int i = 0; i < 8; i++)
		publish(SIZE);
	ck_assert_uint_eq(fake_waiting(late), 8); /* 80 kB of 64 KiB */
	pass(500);
	late->pending_rooms = 0;
	publish(SIZE);
	ck_assert_uint_eq(f.closes, 0);
	ck_assert_int_eq(late->state, CONN_OPEN);
	ck_assert_uint_eq(fake_waiting(late), 0);
}
END_TEST

START_TEST(the_grace_has_a_bound_in_size)
{
	(void)waiting_after(20);
	ck_assert_uint_eq(f.closes, 1);
}
END_TEST

START_TEST(who_catches_up_gets_a_new_grace)
{
	for (int i = 0; i < 5; i++) {
		unsigned before = fake_waiting(c);

		ck_assert_uint_eq(waiting_after(8), before + 8);
		pass(499);
		f.takes = 8 * SIZE; /* and some stays */
		poller_unblock(c);
		(void)turn_flush(f.worker, TURN_FLUSHES);
		pass(499);
	}
	ck_assert_uint_eq(f.closes, 0);
}
END_TEST

START_TEST(after_the_grace_the_oldest_go_until_the_queue_fits)
{
	f.conf.delivery.slow_consumer = CONF_SLOW_DROP_OLDEST;
	ck_assert_uint_eq(waiting_after(12), 12);
	pass(500);
	publish(SIZE);
	ck_assert_uint_le(c->outq->cost, QUEUE);
	ck_assert_uint_eq(fake_waiting(c), 6);
	ck_assert_uint_eq(fake_metric(&f, METRIC_DROPPED_OLDEST), 7);
	publish(SIZE); /* no second grace while nothing is read */
	ck_assert_uint_eq(fake_waiting(c), 6);
}
END_TEST

START_TEST(after_the_grace_the_newest_does_not_come_in)
{
	f.conf.delivery.slow_consumer = CONF_SLOW_DROP_NEWEST;
	ck_assert_uint_eq(waiting_after(12), 12);
	pass(500);
	publish(SIZE);
	ck_assert_uint_eq(fake_waiting(c), 12);
	ck_assert_uint_eq(fake_metric(&f, METRIC_DROPPED_NEWEST), 1);
}
END_TEST

START_TEST(what_is_half_written_is_not_dropped)
{
	const struct delivery *first;

	f.conf.delivery.slow_consumer = CONF_SLOW_DROP_OLDEST;
	f.takes = 100;
	(void)waiting_after(1);
	first = c->outq->ring[c->outq->head];
	(void)waiting_after(40);
	ck_assert_ptr_eq(c->outq->ring[c->outq->head], first);
	ck_assert_uint_eq(c->outq->head_sent, 100);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/slow",
    a_burst_over_the_queue_waits_for_the_reader, the_grace_ends,
    who_is_let_in_is_written_to_before_it_is_slow,
    the_grace_has_a_bound_in_size, who_catches_up_gets_a_new_grace,
    after_the_grace_the_oldest_go_until_the_queue_fits,
    after_the_grace_the_newest_does_not_come_in,
    what_is_half_written_is_not_dropped)
