/* samples: what metrics were, at regular times. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/samples.h"
#include "unit.h"

static const struct samples_rows rows[] = {
	{ METRIC_DELIVERIES, METRIC_DELIVERIES, false },
	{ METRIC_FANOUT, METRIC_FANOUT_LAST, false },
	{ METRIC_QUEUE_AGE, METRIC_QUEUE_AGE, true },
};

static struct metrics threads[2];
static struct metrics *const blocks[] = { &threads[0], &threads[1] };
static struct samples s;

static void set_up(void)
{
	memset(threads, 0, sizeof threads);
	samples_init(&s, blocks, 2, rows, 3, 3);
}

static void tear_down(void)
{
	samples_fini(&s);
}

START_TEST(threads_are_summed_or_the_largest_counts)
{
	metrics_add(&threads[0], METRIC_DELIVERIES, 5);
	metrics_add(&threads[1], METRIC_DELIVERIES, 2);
	metrics_set(&threads[0], METRIC_QUEUE_AGE, 9);
	metrics_set(&threads[1], METRIC_QUEUE_AGE, 7);
	metrics_observe_many(&threads[1], METRIC_FANOUT, UINT64_MAX, 3);
	samples_take(&s);
	ck_assert_uint_eq(samples_value(&s, 0, METRIC_DELIVERIES), 0);
	ck_assert_uint_eq(samples_value(&s, 1, METRIC_DELIVERIES), 7);
	ck_assert_uint_eq(samples_value(&s, 1, METRIC_QUEUE_AGE), 9);
	ck_assert_uint_eq(samples_value(&s, 1, METRIC_FANOUT_LAST), 3);
	metrics_inc(&threads[0], METRIC_DELIVERIES);
	ck_assert_uint_eq(samples_now(&s, METRIC_DELIVERIES), 8);
	ck_assert_uint_eq(samples_value(&s, 1, METRIC_DELIVERIES), 7);
}
END_TEST

START_TEST(the_oldest_goes)
{
	for (unsigned i = 1; i <= 5; i++) {
		metrics_set(&threads[0], METRIC_DELIVERIES, i);
		samples_take(&s);
	}
	ck_assert_uint_eq(s.taken, 6);
	ck_assert_uint_eq(samples_oldest(&s), 3);
	for (unsigned i = 3; i < 6; i++)
		ck_assert_uint_eq(samples_value(&s, i, METRIC_DELIVERIES), i);
}
END_TEST

START_TEST(one_of_an_age_is_found)
{
	int64_t first_ms = samples_at_ms(&s, 0);

	while (clock_ms() < first_ms + 20)
		(void)usleep(1000);
	samples_take(&s);
	ck_assert_uint_eq(samples_find(&s, 1000), 0); /* there is none older */
	ck_assert_uint_eq(samples_find(&s, 0), 1);
	ck_assert_uint_eq(
	    samples_find(&s, clock_ms() - samples_at_ms(&s, 1) + 10), 0);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "core/samples",
    threads_are_summed_or_the_largest_counts, the_oldest_goes,
    one_of_an_age_is_found)
