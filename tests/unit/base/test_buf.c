/*
 * buf: growth keeps the bytes, refusal changes nothing.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "rng.h"
#include "unit.h"

START_TEST(an_empty_buf_is_valid)
{
	struct buf b = { 0 };

	ck_assert_int_eq(buf_append(&b, NULL, 0), 0);
	ck_assert_int_eq(buf_reserve(&b, 0), 0);
	buf_consume(&b, 0);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(buf_slice(&b).len, 0);
	buf_fini(&b);
}
END_TEST

/* Appends and consumes of random lengths against one large plain array. */
START_TEST(random_appends_and_consumes_keep_the_bytes)
{
	enum { TOTAL = 1 << 20, STEP = 5000 };
	unsigned char *model = malloc(TOTAL);
	size_t from = 0, to = 0;
	struct buf b = { 0 };
	uint64_t seed = 1;

	ck_assert_ptr_nonnull(model);
	rng_fill(&seed, model, TOTAL);
	while (to < TOTAL - STEP) {
		size_t add = rng_below(&seed, STEP);
		size_t drop;

		ck_assert_int_eq(buf_append(&b, model + to, add), 0);
		to += add;
		drop = rng_below(&seed, (to - from) + 1);
		buf_consume(&b, drop);
		from += drop;
		ck_assert_uint_eq(b.len, to - from);
		ck_assert_uint_le(b.len, b.cap);
		if (b.len > 0)
			ck_assert_mem_eq(b.data, model + from, b.len);
	}
	buf_fini(&b);
	free(model);
}
END_TEST

START_TEST(reserved_room_can_be_written_without_another_move)
{
	struct buf b = { 0 };
	const char *data;

	buf_puts(&b, "head");
	ck_assert_int_eq(buf_reserve(&b, 1000), 0);
	data = b.data;
	ck_assert_uint_ge(b.cap - b.len, 1000);
	memset(b.data + b.len, 'x', 1000);
	b.len += 1000;
	ck_assert_ptr_eq(b.data, data);
	ck_assert_mem_eq(b.data, "headxxxx", 8);
	buf_fini(&b);
}
END_TEST

START_TEST(the_last_bytes_get_no_more_room_than_they_need)
{
	struct buf b = { 0 };

	buf_puts(&b, "head");
	ck_assert_int_eq(buf_reserve_last(&b, 1000), 0);
	ck_assert_uint_eq(b.cap, 1004);
	ck_assert_mem_eq(b.data, "head", 4);
	ck_assert_int_eq(buf_reserve_last(&b, 500), 0);
	ck_assert_uint_eq(b.cap, 1004);
	buf_fini(&b);
}
END_TEST

START_TEST(an_impossible_size_is_refused_and_changes_nothing)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 2, SIZE_MAX / 2,
		SIZE_MAX / 4 };
	struct buf b = { 0 };

	buf_puts(&b, "abc");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf before = b;

		ck_assert_int_eq(buf_reserve(&b, sizes[i]), -ENOMEM);
		ck_assert_int_eq(buf_reserve_last(&b, sizes[i]), -ENOMEM);
		ck_assert_ptr_eq(b.data, before.data);
		ck_assert_uint_eq(b.len, before.len);
		ck_assert_uint_eq(b.cap, before.cap);
	}
	ck_assert(slice_eq(buf_slice(&b), slice_str("abc")));
	buf_fini(&b);
}
END_TEST

START_TEST(printf_appends_texts_of_any_length)
{
	char text[301];
	struct buf b = { 0 };

	memset(text, 'z', 300);
	text[300] = '\0';
	buf_printf(&b, "%d-", 42);
	buf_printf(&b, "%s", text);
	buf_printf(&b, "%s", "");
	buf_putn(&b, "end-not-this", 3);
	ck_assert_uint_eq(b.len, 306);
	ck_assert_mem_eq(b.data, "42-zzz", 6);
	ck_assert_mem_eq(b.data + 303, "end", 3);
	buf_fini(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.cap, 0);
}
END_TEST

UNIT_MAIN("base/buf", an_empty_buf_is_valid,
    random_appends_and_consumes_keep_the_bytes,
    reserved_room_can_be_written_without_another_move,
    the_last_bytes_get_no_more_room_than_they_need,
    an_impossible_size_is_refused_and_changes_nothing,
    printf_appends_texts_of_any_length)
