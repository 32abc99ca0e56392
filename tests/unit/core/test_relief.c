/*
 * Who goes when too much is queued: those who hold most, and no more of them.
 */
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fakeworker.h"
#include "unit.h"

enum { CONNS = 40, MEMORY = 1 << 20 };

static struct fakeworker f; /* aligned: the stack of ASan is not */
static struct conn *conns[CONNS];
static struct conn_ref refs[CONNS]; /* who has gone is not to be touched */
static int fds[CONNS];

static void setup(void)
{
	char room[24];

	fake_init(&f, false);
	f.conf.delivery.queue = 64 << 20;
	f.conf.delivery.memory = MEMORY;
	f.is_stalled = true;
	for (int i = 0; i < CONNS; i++) {
		conns[i] = fake_connect(&f, CONN_OPEN);
		refs[i] = fake_ref(conns[i]);
		fds[i] = conns[i]->fd = eventfd(0, EFD_CLOEXEC);
		ck_assert_int_eq(poller_watch(conns[i], POLLER_INPUT), 0);
		(void)snprintf(room, sizeof room, "room-%d", i);
		fake_join(&f, conns[i], room);
	}
}

static void teardown(void)
{
	fake_fini(&f);
	for (int i = 0; i < CONNS; i++)
		(void)close(fds[i]);
}

/* To the room of one connection, or to all; counted as the hub does. */
static void publish(int to, size_t size)
{
	char name[24];
	struct aim_room room;
	struct aim aim = { .is_everyone = to < 0 };
	struct message *m;

	(void)snprintf(name, sizeof name, "room-%d", to);
	if (to >= 0) {
		room = fake_room(&f, slice_str(name));
		aim = (struct aim){ .rooms = &room, .room_count = 1 };
	}
	m = fake_message(size, &aim);
	metrics_add(&f.worker->metrics, METRIC_QUEUED_MEMORY, m->bytes);
	fake_mail(&f, MAIL_MESSAGE, m, m->bytes);
	(void)turn_flush(f.worker, TURN_FLUSHES);
}

/* Turns until there is nothing to do any more. */
static void relieve(void)
{
	while (relief_turn(f.worker))
		fake_end_turn(&f);
	fake_end_turn(&f);
}

static bool is_open(int i)
{
	const struct conn *c = conn_find(f.worker, &refs[i]);

	return c && c->state == CONN_OPEN;
}

static unsigned open_count(void)
{
	unsigned count = 0;

	for (int i = 0; i < CONNS; i++)
		count += is_open(i);
	return count;
}

START_TEST(nobody_goes_within_the_bound)
{
	for (int i = 0; i < CONNS; i++)
		publish(i, 20000);
	relieve();
	ck_assert_uint_eq(open_count(), CONNS);
}
END_TEST

START_TEST(the_heaviest_goes_and_the_others_stay)
{
	for (int i = 0; i < CONNS; i++)
		publish(i, 20000);
	publish(17, 250000);
	publish(23, 150000);
	relieve();
	ck_assert_uint_eq(f.closes, 1);
	ck_assert_int_eq(f.close_reason, CLOSE_MEMORY);
	ck_assert(!is_open(17));
	ck_assert_uint_le(fake_metric(&f, METRIC_QUEUED_MEMORY), MEMORY);
}
END_TEST

START_TEST(what_is_shared_weighs_little)
{
	for (int i = 0; i < 8; i++)
		publish(-1, 100000);
	publish(3, 300000);
	relieve();
	ck_assert_uint_eq(f.closes, 1);
	ck_assert(!is_open(3));
}
END_TEST

START_TEST(as_many_go_as_must)
{
	for (int i = 0; i < CONNS; i++)
		for (int k = 0; k < 4; k++)
			publish(i, 10000);
	relieve();
	ck_assert_uint_ge(open_count(), 23);
	ck_assert_uint_le(open_count(), 26);
	ck_assert_uint_le(fake_metric(&f, METRIC_QUEUED_MEMORY), MEMORY);
}
END_TEST

/* All their queues double with the same message, before any turn's end. */
START_TEST(a_room_does_not_outgrow_the_bound_at_once)
{
	uint64_t most = 0;

	for (int i = 0; i < 3000; i++) {
		uint64_t now;

		publish(-1, 1);
		now = fake_metric(&f, METRIC_QUEUED_MEMORY);
		most = now > most ? now : most;
		relieve();
	}
	ck_assert_uint_ge(most, MEMORY / 2);
	ck_assert_uint_le(most, MEMORY + MEMORY / 8);
	ck_assert_uint_gt(f.closes, 0);
	ck_assert_int_eq(f.close_reason, CLOSE_MEMORY);
}
END_TEST

START_TEST(all_is_counted_and_taken_off_again)
{
	for (int i = 0; i < CONNS; i++)
		for (int k = 0; k < 100; k++)
			publish(i, 1);
	ck_assert_uint_ge(
	    fake_metric(&f, METRIC_QUEUED_MEMORY), (size_t)CONNS * 100 * 150);
	f.is_stalled = false;
	for (int i = 0; i < CONNS; i++)
		poller_unblock(conns[i]);
	fake_end_turn(&f);
	ck_assert_uint_eq(fake_metric(&f, METRIC_QUEUED_MEMORY), 0);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/relief", nobody_goes_within_the_bound,
    the_heaviest_goes_and_the_others_stay, what_is_shared_weighs_little,
    as_many_go_as_must, a_room_does_not_outgrow_the_bound_at_once,
    all_is_counted_and_taken_off_again)
