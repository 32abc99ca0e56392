/* The queue of one connection: order, half-written frames, dropping. */
#include <string.h>

#include "core/outq.h"
#include "unit.h"

struct written {
	int count;
	struct delivery *last;
};

static struct delivery *deliver(const char *text)
{
	const struct aim everyone = { .is_everyone = true };
	struct delivery *d = calloc(1, sizeof *d);

	d->message =
	    message_new(&(struct message_parts){ .content = slice_str(text),
			    .kind = CONTENT_TEXT,
			    .kinds = 1u << MESSAGE_AS_TEXT },
		&everyone, 1);
	ck_assert_ptr_nonnull(d->message);
	return d;
}

static void unref(struct delivery *d)
{
	if (--d->refs == 0) {
		(void)message_unref(d->message);
		free(d);
	}
}

static void on_done(void *arg, struct delivery *d)
{
	struct written *w = arg;

	w->count++;
	w->last = d;
	unref(d);
}

static void fini(struct outq *q)
{
	struct delivery *d;

	q->head_sent = 0;
	while ((d = outq_drop_oldest(q)))
		unref(d);
	outq_fini(q);
}

/* All that outq_iovec describes, one behind the other. */
static size_t gather(const struct outq *q, char *out)
{
	struct iovec iov[64];
	int count = outq_iovec(q, iov, 64);
	size_t len = 0;

	for (int i = 0; i < count; i++) {
		memcpy(out + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	return len;
}

static void push(struct outq *q, const char *text)
{
	ck_assert_int_eq(outq_push(q, deliver(text)), 0);
}

START_TEST(frames_leave_in_the_order_they_came)
{
	struct outq q = { 0 };
	char out[256];

	for (int i = 0; i < 20; i++) {
		char text[2] = { (char)('a' + i), 0 };

		push(&q, text);
	}
	ck_assert_uint_eq(gather(&q, out), 60);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(out[3 * i + 2], 'a' + i);
	fini(&q);
}
END_TEST

START_TEST(ring_wraps_and_grows_without_losing_the_order)
{
	struct outq q = { 0 };
	struct written w = { 0 };
	char out[256];

	for (int round = 0; round < 50; round++) {
		push(&q, "x");
		push(&q, "y");
		push(&q, "z");
		outq_advance(
		    &q, 6, on_done, &w); /* two frames of three bytes */
	}
	ck_assert_int_eq(w.count, 100);
	ck_assert_uint_eq(q.count, 50);
	ck_assert_uint_eq(q.bytes, 150);
	ck_assert_uint_ge(gather(&q, out), 150);
	fini(&q);
}
END_TEST

START_TEST(control_goes_first_but_not_into_a_half_written_frame)
{
	struct outq q = { 0 };
	struct written w = { 0 };
	char out[256];

	push(&q, "abc"); /* 5 bytes */
	push(&q, "def");
	ck_assert_int_eq(buf_append(&q.control.frames, "PP", 2), 0);
	ck_assert_uint_eq(gather(&q, out), 12);
	ck_assert_int_eq(memcmp(out,
			     "PP\x81\x03"
			     "abc",
			     7),
	    0);
	outq_advance(&q, 2 + 1, on_done, &w);
	ck_assert_int_eq(buf_append(&q.control.frames, "QQ", 2), 0);
	ck_assert_uint_eq(gather(&q, out), 4 + 2 + 5);
	ck_assert_int_eq(memcmp(out,
			     "\x03"
			     "abcQQ\x81",
			     7),
	    0);
	outq_advance(&q, 4 + 1, on_done, &w);
	ck_assert_int_eq(w.count, 1);
	ck_assert_uint_eq(gather(&q, out), 1 + 5);
	ck_assert_int_eq(memcmp(out,
			     "Q\x81\x03"
			     "def",
			     6),
	    0);
	outq_advance(&q, 6, on_done, &w);
	ck_assert(outq_is_empty(&q));
	fini(&q);
}
END_TEST

START_TEST(the_goodbye_goes_behind_everything)
{
	struct outq q = { 0 };
	struct written w = { 0 };
	char out[256];

	push(&q, "abc");
	ck_assert_int_eq(buf_append(&q.goodbye.frames, "BYE", 3), 0);
	ck_assert_uint_eq(gather(&q, out), 8);
	ck_assert_int_eq(memcmp(out + 5, "BYE", 3), 0);
	outq_advance(&q, 6, on_done, &w);
	ck_assert_int_eq(w.count, 1);
	ck_assert_uint_eq(gather(&q, out), 2);
	ck_assert_int_eq(memcmp(out, "YE", 2), 0);
	outq_advance(&q, 2, on_done, &w);
	ck_assert(outq_is_empty(&q));
	fini(&q);
}
END_TEST

START_TEST(a_half_written_frame_is_never_dropped)
{
	struct outq q = { 0 };
	struct written w = { 0 };
	struct delivery *d;
	char out[256];

	push(&q, "first");
	push(&q, "second");
	push(&q, "third");
	outq_advance(&q, 3, on_done, &w);
	d = outq_drop_oldest(&q);
	ck_assert_int_eq(memcmp(outq_frame(&q, d).ptr + 2, "second", 6), 0);
	unref(d);
	d = outq_drop_oldest(&q);
	ck_assert_int_eq(memcmp(outq_frame(&q, d).ptr + 2, "third", 5), 0);
	unref(d);
	ck_assert_ptr_null(outq_drop_oldest(&q));
	ck_assert_uint_eq(gather(&q, out), 4);
	ck_assert_int_eq(memcmp(out, "irst", 4), 0);
	ck_assert_uint_eq(q.bytes, 7);
	fini(&q);
}
END_TEST

START_TEST(more_pieces_than_one_call_takes_come_in_the_next)
{
	struct outq q = { 0 };
	struct written w = { 0 };
	struct iovec iov[8];

	for (int i = 0; i < 20; i++)
		push(&q, "m");
	ck_assert_int_eq(buf_append(&q.goodbye.frames, "BYE", 3), 0);
	ck_assert_int_eq(outq_iovec(&q, iov, 8), 8);
	outq_advance(&q, 8 * 3, on_done, &w);
	ck_assert_int_eq(w.count, 8);
	ck_assert_int_eq(outq_iovec(&q, iov, 8), 8);
	outq_advance(&q, 8 * 3, on_done, &w);
	ck_assert_int_eq(outq_iovec(&q, iov, 8), 5); /* four and the goodbye */
	outq_advance(&q, 4 * 3 + 3, on_done, &w);
	ck_assert(outq_is_empty(&q));
	fini(&q);
}
END_TEST

/* A run of these three, each with a frame of three bytes. */
static struct run *run_of_three(void)
{
	struct run *run = calloc(1, sizeof *run + 3 * sizeof *run->parts);
	struct message *messages[3];

	ck_assert_ptr_nonnull(run);
	run->count = 3;
	for (uint32_t i = 0; i < run->count; i++) {
		const char text[2] = { (char)('a' + i), 0 };

		run->parts[i] = deliver(text);
		run->parts[i]->refs = 1;
		messages[i] = run->parts[i]->message;
	}
	run->whole.message = message_join(messages, 3, 0);
	run->whole.is_run = true;
	return run;
}

START_TEST(a_run_is_split_where_the_socket_left_it)
{
	for (size_t sent = 0; sent < 3 + 9; sent++) {
		struct outq q = { 0 };
		struct written w = { 0 };
		struct run *run = run_of_three();
		struct delivery *parts[3];
		char before[64], after[64];
		size_t len;

		memcpy(parts, run->parts, sizeof parts);
		push(&q, "x");
		ck_assert_int_eq(outq_push(&q, &run->whole), 0);
		push(&q, "y");
		outq_advance(&q, sent, on_done, &w);
		len = gather(&q, before);
		ck_assert_int_eq(outq_split(&q, on_done, &w), 0);
		ck_assert_uint_eq(q.runs, 0);
		ck_assert_uint_eq(q.count, 5 - sent / 3);
		ck_assert_uint_eq(q.head_sent, sent % 3);
		ck_assert_uint_eq(gather(&q, after), len);
		ck_assert_int_eq(memcmp(before, after, len), 0);
		fini(&q);
		for (int i = 0; i < 3; i++)
			unref(parts[i]);
	}
}
END_TEST

UNIT_MAIN("core/outq", frames_leave_in_the_order_they_came,
    ring_wraps_and_grows_without_losing_the_order,
    control_goes_first_but_not_into_a_half_written_frame,
    the_goodbye_goes_behind_everything, a_half_written_frame_is_never_dropped,
    more_pieces_than_one_call_takes_come_in_the_next,
    a_run_is_split_where_the_socket_left_it)
