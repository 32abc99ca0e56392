/*
 * What leaves for a connection: when, in which order, and how much in a turn.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/flush.h"
#include "fakeworker.h"
#include "unit.h"

enum { SIZE = 10000, SHARE = 256 << 10 };

static struct fakeworker f; /* aligned: the stack of ASan is not */
static struct conn *c;
static int fd; /* anything that epoll takes */

static void setup(void)
{
	fake_init(&f, false);
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

/* Queue one message of this size. */
static void publish(size_t size)
{
	fake_publish(&f, size, &(struct aim){ .is_everyone = true });
}

/* The socket takes so many bytes, and is written to at most so often. */
static void take_in(size_t bytes, unsigned writes)
{
	f.is_stalled = true;
	f.takes = bytes;
	poller_unblock(c);
	(void)turn_flush(f.worker, writes);
}

/* So in a turn, which ends. */
static void take(size_t bytes)
{
	take_in(bytes, TURN_FLUSHES);
}

static void send_control(const char *frames, bool last)
{
	ck_assert_int_eq(flush_control(c, slice_str(frames), last), 0);
}

START_TEST(an_empty_message_leaves_as_well)
{
	publish(0);
	publish(0);
	ck_assert_uint_eq(c->outq->bytes, 4); /* two heads */
	take(4);
	ck_assert_uint_eq(fake_waiting(c), 0);
	ck_assert_ptr_null(c->outq);
}
END_TEST

START_TEST(a_control_frame_leaves_at_once_when_nothing_waits)
{
	send_control("ping", false);
	ck_assert(!c->is_dirty);
	ck_assert_ptr_null(c->outq);
	ck_assert_uint_eq(fake_metric(&f, METRIC_WRITTEN_BYTES), 4);
}
END_TEST

START_TEST(it_waits_behind_a_message_that_is_half_written)
{
	publish(SIZE);
	take(100);
	ck_assert(c->is_blocked);
	send_control("ping", false);
	publish(SIZE);
	take(SIZE + 4 - 100 + 4); /* the rest of the first, and the frame */
	ck_assert_uint_eq(c->outq->control.frames.len, 0);
	ck_assert_uint_eq(c->outq->head_sent, 0);
	ck_assert_uint_eq(fake_waiting(c), 1);
}
END_TEST

START_TEST(the_last_frame_leaves_behind_all_and_then_it_is_flushed)
{
	publish(SIZE);
	conn_set_state(c, CONN_CLOSING);
	send_control("goodbye", true);
	take(SIZE + 4);
	ck_assert_uint_eq(fake_waiting(c), 0);
	ck_assert_uint_eq(f.flushed, 0);
	take(7);
	ck_assert_uint_eq(f.flushed, 1);
	ck_assert_ptr_null(c->outq);
}
END_TEST

START_TEST(who_has_much_goes_on_in_the_next_turn)
{
	for (int i = 0; i < 2 * SHARE / SIZE; i++)
		publish(SIZE);
	ck_assert_uint_eq(turn_flush(f.worker, 1), 0);
	ck_assert_uint_ge(fake_metric(&f, METRIC_WRITTEN_BYTES), SHARE);
	ck_assert(c->is_dirty); /* behind the others now */
	(void)turn_flush(f.worker, 2);
	ck_assert(!c->is_dirty);
	ck_assert_uint_eq(fake_waiting(c), 0);
}
END_TEST

START_TEST(a_blocked_socket_is_left_alone)
{
	publish(SIZE);
	take(0);
	ck_assert(c->is_blocked);
	ck_assert_uint_eq(fake_metric(&f, METRIC_WRITES_BLOCKED), 1);
	f.takes = SIZE;
	publish(SIZE);
	ck_assert(!c->is_dirty);
	ck_assert(!flush(c));
	ck_assert_uint_eq(f.takes, SIZE);
}
END_TEST

/* --- through TLS, which may hold back what it took --- */

static size_t held;

static size_t held_by_tls(const struct conn *unused)
{
	(void)unused;
	return held;
}

/* It takes so many bytes of one write and then holds so many. */
static void take_by_tls(size_t bytes, size_t holds)
{
	static struct transport_ops ops;

	ops = *f.shared.ops;
	ops.unsent = held_by_tls;
	f.shared.ops = &ops;
	c->tls = (struct tls *)&held; /* not looked at */
	held = holds;
	take_in(bytes, 1);
	c->tls = NULL;
}

START_TEST(tls_may_take_a_message_whole)
{
	publish(SIZE);
	ck_assert_ptr_nonnull(c->only);
	take_by_tls(SIZE + 4, 0);
	ck_assert_uint_eq(fake_waiting(c), 0);
	ck_assert_ptr_null(c->outq);
	ck_assert(!c->is_blocked);
}
END_TEST

START_TEST(what_tls_holds_of_a_message_is_counted_and_waited_for)
{
	publish(SIZE);
	take_by_tls(SIZE + 4, 500);
	ck_assert_uint_eq(fake_waiting(c), 0);
	ck_assert_uint_eq(c->outq->unsent, 500);
	ck_assert_uint_eq(c->outq->counted, outq_memory(c->outq));
	ck_assert(c->is_blocked);
	take_by_tls(0, 0);
	ck_assert_ptr_null(c->outq);
	ck_assert(!c->is_blocked);
}
END_TEST

START_TEST(so_it_is_where_tls_takes_a_part)
{
	publish(SIZE);
	take_by_tls(100, 500);
	ck_assert_uint_eq(c->outq->head_sent, 100);
	ck_assert_uint_eq(c->outq->unsent, 500);
	ck_assert_uint_eq(c->outq->counted, outq_memory(c->outq));
	ck_assert(c->is_blocked);
}
END_TEST

START_TEST(what_is_longer_than_tls_takes_at_a_time_goes_on_in_the_next_turn)
{
	publish(SIZE);
	take_by_tls(100, 0);
	ck_assert(c->is_dirty);
	ck_assert(!c->is_blocked);
	take_by_tls(SIZE + 4 - 100, 0);
	ck_assert_uint_eq(fake_waiting(c), 0);
	ck_assert(!c->is_dirty);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/flush", an_empty_message_leaves_as_well,
    a_control_frame_leaves_at_once_when_nothing_waits,
    it_waits_behind_a_message_that_is_half_written,
    the_last_frame_leaves_behind_all_and_then_it_is_flushed,
    who_has_much_goes_on_in_the_next_turn, a_blocked_socket_is_left_alone,
    tls_may_take_a_message_whole,
    what_tls_holds_of_a_message_is_counted_and_waited_for,
    so_it_is_where_tls_takes_a_part,
    what_is_longer_than_tls_takes_at_a_time_goes_on_in_the_next_turn)
