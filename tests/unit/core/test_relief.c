/* Who goes when too much is queued: those who hold most, and no more of them. */
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fakeworker.h"
#include "unit.h"

enum { CONNS = 40, MEMORY = 1 << 20 };

struct fixture {
	struct fakeworker fake;
	struct conn *conns[CONNS];
	int fds[CONNS];
};

static void setup(struct fixture *f)
{
	char room[24];

	memset(f, 0, sizeof *f);
	fake_init(&f->fake, false);
	f->fake.conf.delivery.queue = 64 << 20;
	f->fake.conf.delivery.memory = MEMORY;
	f->fake.is_stalled = true;
	for (int i = 0; i < CONNS; i++) {
		f->conns[i] = fake_connect(&f->fake, CONN_OPEN);
		f->fds[i] = f->conns[i]->fd = eventfd(0, EFD_CLOEXEC);
		ck_assert_int_eq(poller_watch(f->conns[i], POLLER_INPUT), 0);
		(void)snprintf(room, sizeof room, "room-%d", i);
		fake_join(&f->fake, f->conns[i], room);
	}
}

static void teardown(struct fixture *f)
{
	fake_fini(&f->fake);
	for (int i = 0; i < CONNS; i++)
		(void)close(f->fds[i]);
}

/* To the room of one connection, or to all; counted as the hub does. */
static void publish(struct fixture *f, int to, size_t size)
{
	static const char content[1 << 20] = "";
	char name[24];
	struct aim_room room;
	struct aim aim = { .is_everyone = to < 0 };
	struct message *m;

	(void)snprintf(name, sizeof name, "room-%d", to);
	if (to >= 0) {
		room = fake_room(&f->fake, slice_str(name));
		aim = (struct aim){ .rooms = &room, .room_count = 1 };
	}
	m = message_new(slice_of(content, size), CONTENT_TEXT,
	    1u << MESSAGE_AS_TEXT, NULL, &aim, 1);
	ck_assert_ptr_nonnull(m);
	metrics_add(&f->fake.worker->metrics, METRIC_QUEUED_MEMORY, m->bytes);
	fake_mail(&f->fake, MAIL_MESSAGE, m, m->bytes);
	(void)fanout_flush(f->fake.worker, FANOUT_TURN_FLUSHES);
}

/* Turns until there is nothing to do any more. */
static void relieve(struct fixture *f)
{
	while (relief_turn(f->fake.worker))
		fake_end_turn(&f->fake);
	fake_end_turn(&f->fake);
}

static unsigned open_count(const struct fixture *f)
{
	unsigned count = 0;

	for (int i = 0; i < CONNS; i++)
		count += f->conns[i]->state == CONN_OPEN;
	return count;
}

START_TEST(nobody_goes_within_the_bound)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f);
	for (int i = 0; i < CONNS; i++)
		publish(&f, i, 20000);
	relieve(&f);
	ck_assert_uint_eq(open_count(&f), CONNS);
	teardown(&f);
}
END_TEST

START_TEST(the_heaviest_goes_and_the_others_stay)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f);
	for (int i = 0; i < CONNS; i++)
		publish(&f, i, 20000);
	publish(&f, 17, 250000);
	publish(&f, 23, 150000);
	relieve(&f);
	ck_assert_uint_eq(f.fake.closes, 1);
	ck_assert_int_eq(f.fake.close_reason, CLOSE_MEMORY);
	ck_assert_int_eq(f.conns[17]->state, CONN_DEAD);
	ck_assert_uint_le(fake_metric(&f.fake, METRIC_QUEUED_MEMORY), MEMORY);
	teardown(&f);
}
END_TEST

START_TEST(what_is_shared_weighs_little)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f);
	for (int i = 0; i < 8; i++)
		publish(&f, -1, 100000);
	publish(&f, 3, 300000);
	relieve(&f);
	ck_assert_uint_eq(f.fake.closes, 1);
	ck_assert_int_eq(f.conns[3]->state, CONN_DEAD);
	teardown(&f);
}
END_TEST

START_TEST(as_many_go_as_must)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f);
	for (int i = 0; i < CONNS; i++)
		for (int k = 0; k < 4; k++)
			publish(&f, i, 10000);
	relieve(&f);
	ck_assert_uint_ge(open_count(&f), 23);
	ck_assert_uint_le(open_count(&f), 26);
	ck_assert_uint_le(fake_metric(&f.fake, METRIC_QUEUED_MEMORY), MEMORY);
	teardown(&f);
}
END_TEST

/* All their queues double with the same message, before any turn's end. */
START_TEST(a_room_does_not_outgrow_the_bound_at_once)
{
	static struct fixture f; /* aligned as its metrics are */
	uint64_t most = 0;

	setup(&f);
	for (int i = 0; i < 3000; i++) {
		uint64_t now;

		publish(&f, -1, 1);
		now = fake_metric(&f.fake, METRIC_QUEUED_MEMORY);
		most = now > most ? now : most;
		relieve(&f);
	}
	ck_assert_uint_ge(most, MEMORY / 2);
	ck_assert_uint_le(most, MEMORY + MEMORY / 8);
	ck_assert_uint_gt(f.fake.closes, 0);
	ck_assert_int_eq(f.fake.close_reason, CLOSE_MEMORY);
	teardown(&f);
}
END_TEST

START_TEST(all_is_counted_and_taken_off_again)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f);
	for (int i = 0; i < CONNS; i++)
		for (int k = 0; k < 100; k++)
			publish(&f, i, 1);
	ck_assert_uint_ge(fake_metric(&f.fake, METRIC_QUEUED_MEMORY),
	    (size_t)CONNS * 100 * 150);
	f.fake.is_stalled = false;
	for (int i = 0; i < CONNS; i++)
		conn_on_writable(f.conns[i]);
	fake_end_turn(&f.fake);
	ck_assert_uint_eq(fake_metric(&f.fake, METRIC_QUEUED_MEMORY), 0);
	teardown(&f);
}
END_TEST

UNIT_MAIN("core/relief", nobody_goes_within_the_bound,
    the_heaviest_goes_and_the_others_stay, what_is_shared_weighs_little,
    as_many_go_as_must, a_room_does_not_outgrow_the_bound_at_once,
    all_is_counted_and_taken_off_again)
