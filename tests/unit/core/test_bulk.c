/*
 * Large messages: who is written to first, how much a turn writes, and what
 * passes between.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/bulk.h"
#include "fakeworker.h"
#include "unit.h"

enum {
	CONNS = 3,
	SIZE = 1000000,
	FRAME = SIZE + 10, /* with its head */
	TURNS = 1 + FRAME / BULK_BYTES,
};

/* A client's socket. */
struct peer {
	struct conn *conn;
	size_t space;   /* what it takes yet, */
	size_t at_once; /* and in one write */
	size_t got;
	int fd; /* anything that epoll takes */
};

static struct fakeworker f; /* aligned: the stack of ASan is not */
static struct peer peers[CONNS];

static ssize_t take(struct conn *c, const struct iovec *iov, int count)
{
	struct peer *p = peers;
	size_t len = 0;

	while (p->conn != c)
		p++;
	for (int i = 0; i < count; i++)
		len += iov[i].iov_len;
	if (len > p->at_once)
		len = p->at_once;
	if (len > p->space)
		len = p->space;
	p->space -= len;
	p->got += len;
	return len > 0 ? (ssize_t)len : -EAGAIN;
}

static void setup(void)
{
	static struct transport_ops ops;

	fake_init(&f, false);
	ops = *f.shared.ops;
	ops.writev = take;
	f.shared.ops = &ops;
	f.conf.delivery.queue = 16 << 20;
	for (int i = 0; i < CONNS; i++) {
		struct conn *c = fake_connect(&f, CONN_OPEN);

		c->fd = eventfd(0, EFD_CLOEXEC);
		ck_assert_int_ge(c->fd, 0);
		ck_assert_int_eq(poller_watch(c, POLLER_INPUT), 0);
		fake_join(&f, c, "all");
		peers[i] = (struct peer){ c, SIZE_MAX, SIZE_MAX, 0, c->fd };
	}
}

static void teardown(void)
{
	fake_fini(&f);
	for (int i = 0; i < CONNS; i++)
		(void)close(peers[i].fd);
}

/* To all, or to those in this room. What it costs is not looked at. */
static void publish_to(const char *room, size_t size)
{
	const struct aim_room name = fake_room(&f, slice_str(room));
	const struct aim aim = { .rooms = &name, .room_count = 1 };
	struct message *m = fake_message(size, &aim);
	const struct mail mail = { MAIL_MESSAGE, 0, m };

	mailbox_post(f.worker->mailbox, &mail, 1, m->bytes);
}

/* What core/turn does at the end of a turn. True when there is more to do. */
static bool end_turn(void)
{
	bool has_more;

	(void)turn_flush(f.worker, TURN_FLUSHES);
	has_more = turn_take_mail(f.worker);
	(void)turn_flush(f.worker, TURN_FLUSHES);
	has_more |= bulk_turn(f.worker);
	turn_reap(f.worker);
	return has_more || f.worker->dirty.first;
}

static size_t got_in_all(void)
{
	size_t sum = 0;

	for (int i = 0; i < CONNS; i++)
		sum += peers[i].got;
	return sum;
}

static void let_take(struct peer *p, size_t space)
{
	p->space = space;
	poller_unblock(p->conn);
}

START_TEST(who_has_begun_has_all_before_the_next_begins)
{
	size_t before = 0;

	ck_assert(!bulk_is_of_use(f.worker));
	publish_to("all", SIZE);
	while (end_turn()) {
		ck_assert_uint_le(got_in_all() - before, BULK_BYTES);
		ck_assert(peers[1].got == 0 || peers[0].got == FRAME);
		ck_assert(peers[2].got == 0 || peers[1].got == FRAME);
		before = got_in_all();
	}
	ck_assert(!bulk_is_of_use(f.worker)); /* nobody is looked at for it */
	ck_assert_uint_eq(got_in_all(), CONNS * FRAME);
	ck_assert_uint_eq(fake_metric(&f, METRIC_QUEUED_BYTES), 0);
	for (int i = 0; i < CONNS; i++)
		ck_assert_ptr_null(peers[i].conn->outq);
}
END_TEST

START_TEST(who_takes_no_more_is_passed_over_and_then_goes_first)
{
	peers[0].space = 1000;
	publish_to("all", SIZE);
	ck_assert(end_turn());
	ck_assert(peers[0].conn->is_blocked);
	ck_assert_uint_eq(peers[0].got, 1000);
	ck_assert_uint_gt(peers[1].got, BULK_BYTES / 2); /* holds up nobody */
	let_take(&peers[0], SIZE_MAX);
	while (peers[1].got < FRAME || peers[0].got < FRAME) {
		ck_assert_uint_eq(peers[2].got, 0);
		(void)end_turn();
	}
	while (end_turn())
		;
	ck_assert_uint_ge(peers[2].got, FRAME);
}
END_TEST

/* A message that was begun, not all that waits behind it. */
START_TEST(who_has_more_of_them_waits_again_before_the_next)
{
	for (int i = 0; i < CONNS; i++)
		peers[i].space = 0;
	for (int i = 0; i < 2; i++) {
		publish_to("all", SIZE);
		while (end_turn())
			;
	}
	for (int i = 0; i < CONNS; i++)
		let_take(&peers[i], SIZE_MAX);
	while (end_turn())
		if (peers[0].got > FRAME)
			ck_assert_uint_ge(peers[2].got, FRAME);
	ck_assert_uint_eq(got_in_all(), 2 * CONNS * FRAME);
}
END_TEST

START_TEST(a_socket_that_passes_on_what_it_took_is_not_full)
{
	peers[0].at_once = 100000;
	publish_to("all", SIZE);
	while (peers[0].got < FRAME) {
		ck_assert(end_turn());
		ck_assert(peers[1].got == 0 || peers[0].got == FRAME);
	}
	ck_assert_uint_eq(fake_metric(&f, METRIC_WRITES_BLOCKED), 0);
}
END_TEST

START_TEST(small_ones_for_others_pass_between)
{
	struct conn *other = peers[2].conn;

	fake_join(&f, other, "other");
	ck_assert(membership_leave(
	    other, slice_str("all"), worker_hash(f.worker, slice_str("all"))));
	publish_to("all", SIZE);
	ck_assert(end_turn());
	for (size_t n = 1; n < TURNS; n++) {
		publish_to("other", 100);
		ck_assert(end_turn());
		ck_assert_uint_eq(peers[2].got, n * 102);
		ck_assert_uint_lt(peers[1].got, FRAME);
	}
}
END_TEST

START_TEST(the_next_large_one_is_taken_when_nobody_has_more_to_write)
{
	publish_to("all", SIZE);
	publish_to("all", SIZE);
	for (int i = 0; i < TURNS; i++) {
		ck_assert(end_turn());
		ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), CONNS);
	}
	peers[1].space = peers[2].space = 0; /* these hold up nothing */
	while (end_turn())
		;
	ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), 2 * CONNS);
	ck_assert_uint_eq(peers[0].got, 2 * FRAME);
}
END_TEST

START_TEST(a_large_one_waits_for_small_ones_in_front)
{
	publish_to("all", 100);
	publish_to("all", SIZE);
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), CONNS);
	(void)turn_flush(f.worker, CONNS);
	ck_assert_uint_eq(got_in_all(), CONNS * 102);
	while (end_turn()) {
		ck_assert(peers[1].got == 102 || peers[0].got == FRAME + 102);
		ck_assert(peers[2].got == 102 || peers[1].got == FRAME + 102);
	}
	ck_assert_uint_eq(got_in_all(), CONNS * (FRAME + 102));
}
END_TEST

START_TEST(who_comes_to_a_large_one_behind_others_waits_here)
{
	peers[0].space = 0;
	publish_to("all", 100);
	ck_assert(!end_turn());
	publish_to("all", SIZE);
	while (end_turn())
		;
	let_take(&peers[0], SIZE_MAX);
	(void)turn_flush(f.worker, 1);
	ck_assert_uint_lt(peers[0].got, FRAME);
	ck_assert_ptr_null(f.worker->dirty.first);
	ck_assert(bulk_is_busy(f.worker));
	while (end_turn())
		;
	ck_assert_uint_eq(peers[0].got, FRAME + 102);
}
END_TEST

START_TEST(the_next_large_one_waits_for_who_comes_back)
{
	peers[0].space = 1000;
	publish_to("all", SIZE);
	while (end_turn())
		;
	let_take(&peers[0], SIZE_MAX);
	(void)turn_flush(f.worker, TURN_FLUSHES);
	publish_to("all", SIZE);
	ck_assert(turn_take_mail(f.worker));
	ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), CONNS);
	while (end_turn())
		;
	ck_assert_uint_eq(got_in_all(), 2 * CONNS * FRAME);
}
END_TEST

START_TEST(who_goes_meanwhile_leaves_its_rooms_and_is_freed)
{
	publish_to("all", SIZE);
	ck_assert(end_turn());
	conn_kill(peers[0].conn);
	conn_kill(peers[2].conn);
	backlog_drop(peers[1].conn);
	conn_set_state(peers[1].conn, CONN_LINGER);
	while (end_turn())
		;
	ck_assert(!bulk_is_of_use(f.worker));
	ck_assert_uint_eq(f.worker->conn_count, 1);
	ck_assert_uint_eq(peers[1].conn->membership_count, 0);
	ck_assert_uint_eq(got_in_all(), BULK_BYTES);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/bulk",
    who_has_begun_has_all_before_the_next_begins,
    who_takes_no_more_is_passed_over_and_then_goes_first,
    who_has_more_of_them_waits_again_before_the_next,
    a_socket_that_passes_on_what_it_took_is_not_full,
    small_ones_for_others_pass_between,
    the_next_large_one_is_taken_when_nobody_has_more_to_write,
    a_large_one_waits_for_small_ones_in_front,
    who_comes_to_a_large_one_behind_others_waits_here,
    the_next_large_one_waits_for_who_comes_back,
    who_goes_meanwhile_leaves_its_rooms_and_is_freed)
