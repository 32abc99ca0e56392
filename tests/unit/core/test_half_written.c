/*
 * Memory runs out (the linker puts try_alloc and try_realloc of this file in
 * front) when a part of something has left: nothing can follow it then, a close
 * frame neither.
 */
#include "core/flush.h"
#include "fakeworker.h"
#include "unit.h"

enum { SIZE = 100, PART = 3 };

static struct fakeworker f;
static struct conn *c;
static bool is_out_of_memory;

void *__real_try_alloc(size_t size);
void *__real_try_realloc(void *old, size_t size);
void *__wrap_try_alloc(size_t size);
void *__wrap_try_realloc(void *old, size_t size);

void *__wrap_try_alloc(size_t size)
{
	return is_out_of_memory ? NULL : __real_try_alloc(size);
}

void *__wrap_try_realloc(void *old, size_t size)
{
	return is_out_of_memory ? NULL : __real_try_realloc(old, size);
}

static void setup(void)
{
	fake_init(&f, false);
	c = fake_connect(&f, CONN_OPEN);
	f.is_stalled = true;
}

static void teardown(void)
{
	is_out_of_memory = false;
	fake_fini(&f);
}

/* The connection has ended, and nothing is said to it any more. */
static void check_given_up(void)
{
	ck_assert_uint_eq(f.closes, 1);
	ck_assert_int_eq(f.close_reason, CLOSE_PEER_GONE);
	ck_assert_uint_eq(c->state, CONN_DEAD);
}

START_TEST(behind_a_part_of_a_control_frame_is_nothing)
{
	f.takes = PART;
	is_out_of_memory = true;
	ck_assert_int_eq(flush_control(c, slice_str("<PONG>"), false), 0);
	check_given_up();
}
END_TEST

START_TEST(of_which_nothing_has_left_it_is_said)
{
	is_out_of_memory = true;
	ck_assert_int_eq(flush_control(c, slice_str("<PONG>"), false), -ENOMEM);
	ck_assert_uint_eq(f.closes, 0);
	ck_assert_uint_eq(c->state, CONN_OPEN);
}
END_TEST

START_TEST(behind_a_part_of_a_message_is_nothing)
{
	fake_publish(&f, SIZE, &(struct aim){ .is_everyone = true });
	ck_assert_ptr_nonnull(c->only);
	f.takes = PART;
	is_out_of_memory = true;
	(void)turn_flush(f.worker, TURN_FLUSHES);
	check_given_up();
}
END_TEST

START_TEST(where_nothing_has_left_it_may_be_told_why)
{
	fake_publish(&f, SIZE, &(struct aim){ .is_everyone = true });
	is_out_of_memory = true;
	(void)turn_flush(f.worker, TURN_FLUSHES);
	ck_assert_uint_eq(f.closes, 1);
	ck_assert_int_eq(f.close_reason, CLOSE_INTERNAL);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/half_written",
    behind_a_part_of_a_control_frame_is_nothing,
    of_which_nothing_has_left_it_is_said, behind_a_part_of_a_message_is_nothing,
    where_nothing_has_left_it_may_be_told_why)
