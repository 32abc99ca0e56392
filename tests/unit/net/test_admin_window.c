/* admin_window: what has come of some time. */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/admin_window.h"
#include "proto/json_write.h"
#include "unit.h"

static const struct samples_rows rows[] = {
	{ METRIC_DELIVERIES, METRIC_DELIVERIES, false },
	{ METRIC_CONNECTIONS, METRIC_CONNECTIONS, false },
	{ METRIC_FANOUT, METRIC_FANOUT_LAST, false },
};

static struct metrics block;
static struct metrics *const blocks[] = { &block };
static struct samples s;

static void set_up(void)
{
	memset(&block, 0, sizeof block);
	samples_init(&s, blocks, 1, rows, 3, 4);
}

static void tear_down(void)
{
	samples_fini(&s);
}

START_TEST(a_rate_is_a_growth_by_its_time)
{
	struct window w;

	metrics_add(&block, METRIC_DELIVERIES, 30);
	s.at_ms[0] = clock_ms() - 2000;
	samples_take(&s);
	s.at_ms[1] = s.at_ms[0] + 2000;
	w = window_between(&s, 0, 1);
	ck_assert_int_eq(window_ms(&w), 2000);
	ck_assert_uint_eq(window_growth(&w, METRIC_DELIVERIES), 30);
	ck_assert_uint_eq(window_rate(&w, METRIC_DELIVERIES), 150);
	metrics_add(&block, METRIC_DELIVERIES, 5);
	ck_assert_uint_eq(window_growth(&w, METRIC_DELIVERIES), 30);
	w = window_of(&s, 1000);
	ck_assert_uint_eq(window_growth(&w, METRIC_DELIVERIES), 35);
}
END_TEST

START_TEST(no_time_is_no_division_and_nothing_shrinks)
{
	struct window w = window_between(&s, 0, 0);

	ck_assert_int_eq(window_ms(&w), 1);
	ck_assert_uint_eq(window_rate(&w, METRIC_DELIVERIES), 0);
	metrics_add(&block, METRIC_DELIVERIES, 5);
	samples_take(&s);
	metrics_set(&block, METRIC_DELIVERIES, 0);  /* a block has gone */
	metrics_sub(&block, METRIC_CONNECTIONS, 1); /* between two changes */
	w = window_between(&s, 1, WINDOW_NOW);
	ck_assert_uint_eq(window_growth(&w, METRIC_DELIVERIES), 0);
	ck_assert_int_eq(window_level(&w, METRIC_CONNECTIONS), 0);
}
END_TEST

START_TEST(a_quantile_is_of_this_time_only)
{
	struct buf out = { 0 };
	struct window w;

	metrics_observe_many(&block, METRIC_FANOUT, 9000000, 100);
	samples_take(&s);
	w = window_between(&s, 1, WINDOW_NOW);
	window_add_quantile(&out, NULL, &w, METRIC_FANOUT, 0.5);
	metrics_observe_many(&block, METRIC_FANOUT, 50, 4);
	ck_assert_uint_eq(window_count(&w, METRIC_FANOUT), 4);
	window_add_quantile(&out, NULL, &w, METRIC_FANOUT, 0.5);
	ck_assert(slice_eq(buf_slice(&out), slice_str("null, 50")));
	buf_fini(&out);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "net/admin_window",
    a_rate_is_a_growth_by_its_time, no_time_is_no_division_and_nothing_shrinks,
    a_quantile_is_of_this_time_only)
