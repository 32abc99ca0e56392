/* stretch: any part of a long one is as if it had been heard alone. */
#include <stdio.h>

#include "../base/rng.h"
#include "proto/stretch.h"
#include "unit.h"

static void add(struct stretch *s, const char *channel, const char *payload)
{
	stretch_add(s, slice_str(channel), slice_str(payload));
}

static struct stretch of(const char *a, const char *b)
{
	struct stretch s = { 0, 0 };

	add(&s, "c", a);
	add(&s, "c", b);
	return s;
}

START_TEST(the_order_counts_and_the_number)
{
	struct stretch one = { 0, 0 };

	add(&one, "c", "a");
	ck_assert(stretch_eq(of("a", "b"), of("a", "b")));
	ck_assert(!stretch_eq(of("a", "b"), of("b", "a")));
	ck_assert(!stretch_eq(of("a", "a"), one));
	ck_assert(!stretch_eq(of("", ""), one));
}
END_TEST

START_TEST(the_channel_counts)
{
	struct stretch ab = { 0, 0 }, ba = { 0, 0 };

	add(&ab, "a", "hello");
	add(&ab, "b", "hello");
	add(&ba, "b", "hello");
	add(&ba, "a", "hello");
	ck_assert(!stretch_eq(ab, ba));
}
END_TEST

START_TEST(of_a_long_payload_the_first_bytes_and_the_length_count)
{
	static char text[STRETCH_BYTES + 2];
	struct stretch first = { 0, 0 }, other = { 0, 0 }, longer = { 0, 0 };

	memset(text, 'x', sizeof text - 1);
	stretch_add(&first, slice_str("c"), slice_of(text, STRETCH_BYTES));
	stretch_add(&longer, slice_str("c"), slice_of(text, STRETCH_BYTES + 1));
	text[STRETCH_BYTES - 1] = 'y';
	stretch_add(&other, slice_str("c"), slice_of(text, STRETCH_BYTES));
	ck_assert(!stretch_eq(first, other));
	ck_assert(!stretch_eq(first, longer));
}
END_TEST

/* Each part of a running stretch, against one that begins there. */
START_TEST(a_part_is_as_if_heard_alone)
{
	enum { LENGTH = 200 };
	struct stretch running[LENGTH + 1] = { { 0, 0 } };
	uint64_t rng = 10;
	char text[LENGTH][20];

	for (int i = 0; i < LENGTH; i++) {
		(void)snprintf(text[i], sizeof text[i], "%llu",
		    (unsigned long long)rng_below(&rng, 3));
		running[i + 1] = running[i];
		add(&running[i + 1], "c", text[i]);
	}
	for (int from = 0; from <= LENGTH; from++) {
		struct stretch alone = { 0, 0 };

		for (int to = from; to <= LENGTH; to++) {
			ck_assert(stretch_eq(alone,
			    stretch_between(running[from], running[to])));
			if (to < LENGTH)
				add(&alone, "c", text[to]);
		}
	}
}
END_TEST

/* Two next to each other, or far apart, in a stretch of any length. */
START_TEST(no_exchange_goes_unseen)
{
	enum { LENGTH = 64 };
	char text[LENGTH][20];

	for (int i = 0; i < LENGTH; i++)
		(void)snprintf(text[i], sizeof text[i], "message %d", i);
	for (int a = 0; a < LENGTH; a++) {
		for (int b = a + 1; b < LENGTH; b++) {
			struct stretch right = { 0, 0 }, wrong = { 0, 0 };

			for (int i = 0; i < LENGTH; i++) {
				int other = i == a ? b : i == b ? a : i;

				add(&right, "c", text[i]);
				add(&wrong, "c", text[other]);
			}
			ck_assert(!stretch_eq(right, wrong));
		}
	}
}
END_TEST

/* Other instances may run on another machine, or be another version. */
START_TEST(a_digest_is_the_same_everywhere)
{
	struct stretch s = of("roomcast", "");

	ck_assert_uint_eq(s.count, 2);
	ck_assert_uint_eq(s.digest, 6547505618122633341u);
}
END_TEST

UNIT_MAIN("proto/stretch", the_order_counts_and_the_number, the_channel_counts,
    of_a_long_payload_the_first_bytes_and_the_length_count,
    a_part_is_as_if_heard_alone, no_exchange_goes_unseen,
    a_digest_is_the_same_everywhere)
