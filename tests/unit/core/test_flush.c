/* A slow consumer: what its queue may hold, for how long, and what goes. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "fakeworker.h"
#include "unit.h"

enum { QUEUE = 64 << 10, SIZE = 10000 };

struct fixture {
	struct fakeworker fake;
	struct conn *c;
	int fd; /* anything that epoll takes */
};

static void setup(struct fixture *f, enum conf_slow policy)
{
	memset(f, 0, sizeof *f);
	fake_init(&f->fake, false);
	f->fake.conf.delivery.queue = QUEUE;
	f->fake.conf.delivery.slow_consumer = policy;
	f->fake.is_stalled = true;
	f->c = fake_connect(&f->fake, CONN_OPEN);
	f->c->fd = f->fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(f->fd, 0);
	ck_assert_int_eq(poller_watch(f->c, POLLER_INPUT), 0);
}

static void teardown(struct fixture *f)
{
	fake_fini(&f->fake);
	(void)close(f->fd);
}

/* Publish one message of this size to all, and end the turn. */
static void publish(struct fixture *f, size_t size)
{
	static const char content[1 << 20] = "";
	const struct aim everyone = { .is_everyone = true };
	struct message *m = message_new(slice_of(content, size), CONTENT_TEXT,
	    1u << MESSAGE_AS_TEXT, NULL, &everyone, 1);

	ck_assert_ptr_nonnull(m);
	fake_mail(&f->fake, MAIL_MESSAGE, m, m->bytes);
	(void)fanout_flush(f->fake.worker, FANOUT_TURN_FLUSHES);
}

static unsigned waiting_after(struct fixture *f, unsigned count)
{
	while (count-- > 0)
		publish(f, SIZE);
	return fake_waiting(f->c);
}

static void pass(struct fixture *f, int64_t ms)
{
	f->fake.worker->now_ms += ms;
}

START_TEST(a_burst_over_the_queue_waits_for_the_reader)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f, CONF_SLOW_DISCONNECT);
	ck_assert_uint_eq(waiting_after(&f, 12), 12); /* 120 kB of 64 KiB */
	ck_assert_uint_eq(f.fake.closes, 0);
	f.fake.is_stalled = false;
	conn_on_writable(f.c);
	(void)fanout_flush(f.fake.worker, FANOUT_TURN_FLUSHES);
	ck_assert_uint_eq(fake_waiting(f.c), 0);
	teardown(&f);
}
END_TEST

START_TEST(the_grace_ends)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f, CONF_SLOW_DISCONNECT);
	ck_assert_uint_eq(waiting_after(&f, 8), 8);
	pass(&f, 499);
	publish(&f, SIZE);
	ck_assert_uint_eq(f.fake.closes, 0);
	pass(&f, 1);
	publish(&f, SIZE);
	ck_assert_uint_eq(f.fake.closes, 1);
	ck_assert_int_eq(f.fake.close_reason, CLOSE_SLOW);
	teardown(&f);
}
END_TEST

START_TEST(the_grace_has_a_bound_in_size)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f, CONF_SLOW_DISCONNECT);
	(void)waiting_after(&f, 20);
	ck_assert_uint_eq(f.fake.closes, 1);
	teardown(&f);
}
END_TEST

START_TEST(who_catches_up_gets_a_new_grace)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f, CONF_SLOW_DISCONNECT);
	for (int i = 0; i < 5; i++) {
		unsigned before = fake_waiting(f.c);

		ck_assert_uint_eq(waiting_after(&f, 8), before + 8);
		pass(&f, 499);
		f.fake.takes = 8 * SIZE; /* and some stays */
		conn_on_writable(f.c);
		(void)fanout_flush(f.fake.worker, FANOUT_TURN_FLUSHES);
		pass(&f, 499);
	}
	ck_assert_uint_eq(f.fake.closes, 0);
	teardown(&f);
}
END_TEST

START_TEST(after_the_grace_the_oldest_go_until_the_queue_fits)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f, CONF_SLOW_DROP_OLDEST);
	ck_assert_uint_eq(waiting_after(&f, 12), 12);
	pass(&f, 500);
	publish(&f, SIZE);
	ck_assert_uint_le(f.c->outq->cost, QUEUE);
	ck_assert_uint_eq(fake_waiting(f.c), 6);
	ck_assert_uint_eq(fake_metric(&f.fake, METRIC_DROPPED_OLDEST), 7);
	publish(&f, SIZE); /* no second grace while nothing is read */
	ck_assert_uint_eq(fake_waiting(f.c), 6);
	teardown(&f);
}
END_TEST

START_TEST(after_the_grace_the_newest_does_not_come_in)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f, CONF_SLOW_DROP_NEWEST);
	ck_assert_uint_eq(waiting_after(&f, 12), 12);
	pass(&f, 500);
	publish(&f, SIZE);
	ck_assert_uint_eq(fake_waiting(f.c), 12);
	ck_assert_uint_eq(fake_metric(&f.fake, METRIC_DROPPED_NEWEST), 1);
	teardown(&f);
}
END_TEST

START_TEST(what_is_half_written_is_not_dropped)
{
	static struct fixture f; /* aligned as its metrics are */
	const struct delivery *first;

	setup(&f, CONF_SLOW_DROP_OLDEST);
	f.fake.takes = 100;
	(void)waiting_after(&f, 1);
	first = f.c->outq->ring[f.c->outq->head];
	(void)waiting_after(&f, 40);
	ck_assert_ptr_eq(f.c->outq->ring[f.c->outq->head], first);
	ck_assert_uint_eq(f.c->outq->head_sent, 100);
	teardown(&f);
}
END_TEST

START_TEST(an_empty_message_leaves_as_well)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f, CONF_SLOW_DISCONNECT);
	publish(&f, 0);
	publish(&f, 0);
	ck_assert_uint_eq(f.c->outq->bytes, 4); /* two heads */
	f.fake.takes = 4;
	conn_on_writable(f.c);
	(void)fanout_flush(f.fake.worker, FANOUT_TURN_FLUSHES);
	ck_assert_uint_eq(fake_waiting(f.c), 0);
	teardown(&f);
}
END_TEST

UNIT_MAIN("core/flush", a_burst_over_the_queue_waits_for_the_reader,
    the_grace_ends, the_grace_has_a_bound_in_size,
    who_catches_up_gets_a_new_grace,
    after_the_grace_the_oldest_go_until_the_queue_fits,
    after_the_grace_the_newest_does_not_come_in,
    what_is_half_written_is_not_dropped, an_empty_message_leaves_as_well)
