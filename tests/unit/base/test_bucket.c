/*
 * bucket: the burst, the refill, and the rate over a long time.
 */
#include <pthread.h>

#include "base/bucket.h"
#include "unit.h"

static unsigned take_many(
    struct bucket *b, unsigned rate, int64_t now, unsigned tries)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < tries; i++)
		taken += bucket_take(b, rate, now);
	return taken;
}

static const unsigned rates[] = { 1, 3, 7, 20, 60, 300, 600, 999, 1000, 2500,
	10000 };
enum { RATES = sizeof rates / sizeof *rates };

START_TEST(a_fresh_bucket_holds_one_second_of_tokens)
{
	for (int i = 0; i < RATES; i++) {
		struct bucket b = { 0 };

		ck_assert_uint_eq(
		    take_many(&b, rates[i], 5000, 3 * rates[i]), rates[i]);
	}
}
END_TEST

START_TEST(one_token_comes_back_after_its_share_of_a_second)
{
	struct bucket b = { 0 };

	ck_assert_uint_eq(take_many(&b, 20, 1000, 20), 20);
	ck_assert(!bucket_take(&b, 20, 1049));
	ck_assert(bucket_take(&b, 20, 1050));
	ck_assert(!bucket_take(&b, 20, 1050));
}
END_TEST

START_TEST(asking_in_vain_does_not_delay_the_refill)
{
	struct bucket b = { 0 };

	ck_assert_uint_eq(take_many(&b, 10, 0, 10), 10);
	for (int64_t now = 1; now < 100; now++)
		ck_assert(!bucket_take(&b, 10, now));
	ck_assert(bucket_take(&b, 10, 100));
}
END_TEST

START_TEST(an_idle_second_fills_it_and_no_more_than_that)
{
	struct bucket b = { 0 };

	ck_assert_uint_eq(take_many(&b, 20, 1000, 30), 20);
	ck_assert_uint_eq(take_many(&b, 20, 2000, 30), 20);
	ck_assert_uint_eq(take_many(&b, 20, 100000, 60), 20);
}
END_TEST

/* A peer that always asks gets its rate within one in a hundred. */
START_TEST(a_greedy_peer_gets_the_configured_rate)
{
	enum { SECONDS = 20 };

	for (int i = 0; i < RATES; i++) {
		struct bucket b = { 0 };
		unsigned taken = 0, wanted = rates[i] * SECONDS;

		(void)take_many(&b, rates[i], 0, 2 * rates[i]);
		for (int64_t now = 1; now <= SECONDS * 1000; now++)
			taken += take_many(&b, rates[i], now, 12);
		ck_assert_uint_ge(taken, wanted - wanted / 100 - 1);
		ck_assert_uint_le(taken, wanted + wanted / 100 + 1);
	}
}
END_TEST

START_TEST(a_clock_above_32_bits_goes_on)
{
	int64_t now = (INT64_C(1) << 32) - 25;
	struct bucket b = { 0 };

	ck_assert_uint_eq(take_many(&b, 20, now, 30), 20);
	ck_assert(!bucket_take(&b, 20, now + 49));
	ck_assert(bucket_take(&b, 20, now + 50));
}
END_TEST

START_TEST(a_rate_of_zero_is_no_limit)
{
	struct bucket b = { 0 };

	ck_assert_uint_eq(take_many(&b, 0, 7, 100000), 100000);
}
END_TEST

enum { SHARED_RATE = 1000, SHARED_TRIES = 20000, SHARED_THREADS = 4 };

static void *take_shared(void *arg)
{
	uintptr_t taken = 0;

	for (int i = 0; i < SHARED_TRIES; i++)
		taken += bucket_take_shared(arg, SHARED_RATE);
	return (void *)taken;
}

START_TEST(threads_that_share_one_have_its_rate_together)
{
	static _Atomic(struct bucket) b;
	int64_t begun_ms = clock_ms(), passed_ms;
	pthread_t threads[SHARED_THREADS];
	uintptr_t sum = 0;

	for (int i = 0; i < SHARED_THREADS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, take_shared, &b), 0);
	for (int i = 0; i < SHARED_THREADS; i++) {
		void *taken;

		ck_assert_int_eq(pthread_join(threads[i], &taken), 0);
		sum += (uintptr_t)taken;
	}
	passed_ms = clock_ms() - begun_ms;
	ck_assert_uint_ge(sum, SHARED_RATE);
	ck_assert_uint_le(sum, SHARED_RATE + passed_ms * SHARED_RATE / 1000);
}
END_TEST

UNIT_MAIN("base/bucket", a_fresh_bucket_holds_one_second_of_tokens,
    one_token_comes_back_after_its_share_of_a_second,
    asking_in_vain_does_not_delay_the_refill,
    an_idle_second_fills_it_and_no_more_than_that,
    a_greedy_peer_gets_the_configured_rate, a_clock_above_32_bits_goes_on,
    a_rate_of_zero_is_no_limit, threads_that_share_one_have_its_rate_together)
