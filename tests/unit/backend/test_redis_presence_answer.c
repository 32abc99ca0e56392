/* redis_presence_answer: what beats and scans are answered with, and lies. */
#include <errno.h>

#include "backend/redis_presence_answer.h"
#include "base/hash.h"
#include "core/seats.h"
#include "proto/resp_items.h"
#include "unit.h"

static const struct hash_key key = { 1, 2 };

static bool is_out_of_memory;

void *__real_try_alloc(size_t size);
void *__wrap_try_alloc(size_t size);

void *__wrap_try_alloc(size_t size)
{
	return is_out_of_memory ? NULL : __real_try_alloc(size);
}

static struct resp_part array(int64_t count)
{
	return (struct resp_part){ .type = RESP_ARRAY, .number = count };
}

static struct resp_part string(const char *text)
{
	struct slice s = slice_str(text);

	return (struct resp_part){
		.type = RESP_STRING, .text = s, .number = (int64_t)s.len
	};
}

static struct resp_part bytes(const char *ptr, size_t len)
{
	return (struct resp_part){ .type = RESP_STRING,
		.text = slice_of(ptr, len),
		.number = (int64_t)len };
}

static int beat(struct redis_presence_answer *a, struct resp_part part)
{
	return redis_presence_take_beat(a, &part);
}

static int scan(
    struct redis_presence_answer *a, struct seats *seats, struct resp_part part)
{
	return redis_presence_take_scan(a, &part, seats, &key);
}

START_TEST(a_beat_says_how_the_lease_was_and_who_is_dead)
{
	struct redis_presence_answer a = { 0 };

	ck_assert_int_eq(beat(&a, array(2)), 0);
	ck_assert_int_eq(beat(&a, string("late")), 0);
	ck_assert_int_eq(beat(&a, string("0123456789abcdef")), 1);
	ck_assert_int_eq(a.lease, LEASE_LATE);
	ck_assert_str_eq(a.dead, "0123456789abcdef");

	a = (struct redis_presence_answer){ 0 };
	ck_assert_int_eq(beat(&a, array(2)), 0);
	ck_assert_int_eq(beat(&a, string("held")), 0);
	ck_assert_int_eq(beat(&a, string("")), 1);
	ck_assert_int_eq(a.lease, LEASE_HELD);
	ck_assert_str_eq(a.dead, "");
}
END_TEST

START_TEST(another_answer_to_a_beat_is_none)
{
	struct redis_presence_answer a = { 0 };
	char longer[PRESENCE_INSTANCE_MAX + 2];

	ck_assert_int_eq(beat(&a, array(3)), -EPROTO);
	a = (struct redis_presence_answer){ 0 };
	ck_assert_int_eq(beat(&a, string("held")), -EPROTO);
	a = (struct redis_presence_answer){ .at = 1 };
	ck_assert_int_eq(beat(&a, string("hel")), -EPROTO);
	a = (struct redis_presence_answer){ .at = 1 };
	ck_assert_int_eq(beat(&a, array(0)), -EPROTO);
	for (size_t i = 0; i < sizeof longer; i++)
		longer[i] = 'x';
	longer[sizeof longer - 1] = '\0';
	a = (struct redis_presence_answer){ .at = 2 };
	ck_assert_int_eq(beat(&a, string(longer)), -EPROTO);
	a = (struct redis_presence_answer){ .at = 2 };
	ck_assert_int_eq(beat(&a, bytes("a\0b", 3)), -EPROTO);
}
END_TEST

START_TEST(a_scan_finds_seats_that_should_not_be)
{
	struct redis_presence_answer a = { 0 };
	struct seats seats;
	struct slice known = slice_str("known");

	seats_init(&seats, 0);
	seats_add(&seats, known, hash_bytes(&key, known.ptr, known.len), 2);
	ck_assert_ptr_nonnull(seats_send(&seats));
	ck_assert_int_eq(scan(&a, &seats, array(2)), 0);
	ck_assert_int_eq(scan(&a, &seats, string("17")), 0);
	ck_assert_int_eq(scan(&a, &seats, array(4)), 0);
	ck_assert_int_eq(scan(&a, &seats, string("known")), 0);
	ck_assert_int_eq(scan(&a, &seats, string("ghost")), 0);
	ck_assert_int_eq(scan(&a, &seats, string("")), 0);
	/* One that is too long has passed by: its length is all there is. */
	ck_assert_int_eq(
	    scan(&a, &seats,
		(struct resp_part){ .type = RESP_STRING, .number = 100000 }),
	    1);
	ck_assert(!redis_presence_has_scanned(&a));
	ck_assert_uint_eq(seats.map.count, 2);
	ck_assert(slice_eq(seat_name(seats_send(&seats)), slice_str("ghost")));
	ck_assert_ptr_null(seats_send(&seats));
	seats_fini(&seats);
}
END_TEST

/* They would be taken for the room itself, and its number away. */
START_TEST(what_is_no_seat_is_left_alone)
{
	struct redis_presence_answer a = { .at = 3, .left = 4 };
	struct seats seats;

	seats_init(&seats, 0);
	ck_assert_int_eq(scan(&a, &seats, bytes("a\0", 2)), 0);
	ck_assert_int_eq(scan(&a, &seats, bytes("\0u", 2)), 0);
	ck_assert_int_eq(scan(&a, &seats, bytes("\0", 1)), 0);
	ck_assert_uint_eq(seats.map.count, 0);
	ck_assert_int_eq(scan(&a, &seats, bytes("a\0u", 3)), 1);
	ck_assert_uint_eq(seats.map.count, 1);
	seats_fini(&seats);
}
END_TEST

START_TEST(a_scan_comes_to_an_end)
{
	struct redis_presence_answer a = { 0 };
	struct seats seats;

	seats_init(&seats, 0);
	ck_assert_int_eq(scan(&a, &seats, array(2)), 0);
	ck_assert_int_eq(scan(&a, &seats, string("0")), 0);
	ck_assert_int_eq(scan(&a, &seats, array(0)), 1);
	ck_assert(redis_presence_has_scanned(&a));
	a = (struct redis_presence_answer){ .at = 1 };
	ck_assert_int_eq(
	    scan(&a, &seats, string("1234567890123456789012345")), -EPROTO);
	a = (struct redis_presence_answer){ .at = 2 };
	ck_assert_int_eq(scan(&a, &seats, string("0")), -EPROTO);
	a = (struct redis_presence_answer){ .at = 3, .left = 1 };
	ck_assert_int_eq(scan(&a, &seats, array(1)), -EPROTO);
	seats_fini(&seats);
}
END_TEST

/* It is known before the first of them has come. */
START_TEST(a_page_has_no_more_seats_than_there_is_memory_for)
{
	struct redis_presence_answer a = { .at = 2 };
	struct seats seats;

	seats_init(&seats, 0);
	ck_assert_int_eq(
	    scan(&a, &seats, array(INT64_C(1) + PRESENCE_SCANNED_MAX)),
	    -EPROTO);
	a = (struct redis_presence_answer){ .at = 2 };
	ck_assert_int_eq(scan(&a, &seats, array(INT32_MAX)), -EPROTO);
	a = (struct redis_presence_answer){ .at = 2 };
	ck_assert_int_eq(scan(&a, &seats, array(PRESENCE_SCANNED_MAX)), 0);
	seats_fini(&seats);
}
END_TEST

START_TEST(a_seat_that_memory_is_out_for_ends_the_answer)
{
	struct redis_presence_answer a = { .at = 3, .left = 3 };
	struct seats seats;

	seats_init(&seats, 0);
	ck_assert_int_eq(scan(&a, &seats, string("one")), 0);
	is_out_of_memory = true;
	ck_assert_int_eq(scan(&a, &seats, string("one")), 0);
	ck_assert_int_eq(scan(&a, &seats, string("two")), -ENOMEM);
	is_out_of_memory = false;
	ck_assert_uint_eq(seats.map.count, 1);
	ck_assert(slice_eq(seat_name(seats_send(&seats)), slice_str("one")));
	seats_fini(&seats);
}
END_TEST

UNIT_MAIN("backend/redis_presence_answer",
    a_beat_says_how_the_lease_was_and_who_is_dead,
    another_answer_to_a_beat_is_none, a_scan_finds_seats_that_should_not_be,
    what_is_no_seat_is_left_alone, a_scan_comes_to_an_end,
    a_page_has_no_more_seats_than_there_is_memory_for,
    a_seat_that_memory_is_out_for_ends_the_answer)
