/* redis_stream_state: what operators see of a stream. */
#include "backend/redis_stream_info.h"
#include "backend/redis_stream_state.h"
#include "base/clock.h"
#include "core/metrics.h"
#include "unit.h"

static struct metrics metrics;
static struct redis_stream_state s;

static void set_up(void)
{
	metrics = (struct metrics){ 0 };
	redis_stream_state_init(&s, "app:stream", &metrics);
}

static void tear_down(void)
{
}

static struct place added_before(int64_t ms)
{
	return (struct place){ .high = (uint64_t)(clock_wall_ms() - ms) };
}

static uint64_t shown(enum metric id)
{
	struct metrics *block = &metrics;

	return metrics_sum(&block, 1, id);
}

START_TEST(behind_by_the_age_of_what_was_read_last)
{
	struct place last = added_before(60000);

	redis_stream_state_read(&s, &last, false);
	ck_assert_uint_ge(shown(METRIC_STREAM_LAG), 60000);
	ck_assert_uint_lt(shown(METRIC_STREAM_LAG), 120000);
	last = added_before(1000);
	redis_stream_state_read(&s, &last, true);
	ck_assert_uint_eq(shown(METRIC_STREAM_LAG), 0);
}
END_TEST

/* Nothing for a day, and then a message: nobody is a day behind. */
START_TEST(a_new_entry_behind_an_old_one_is_no_lag)
{
	const struct redis_stream_info info = {
		.first = added_before(86400000),
		.last = added_before(0),
		.length = 2,
		.added = 2,
	};

	redis_stream_state_read(&s, &info.first, true);
	redis_stream_state_show(&s, &info);
	ck_assert_uint_eq(shown(METRIC_STREAM_LAG), 0);
	ck_assert_uint_eq(shown(METRIC_STREAM_LENGTH), 2);
	ck_assert_uint_ge(shown(METRIC_STREAM_OLDEST), 86400000);
}
END_TEST

/* The clock of the server may be ahead of ours. */
START_TEST(an_entry_of_tomorrow_has_no_age)
{
	struct place tomorrow = added_before(-86400000);

	redis_stream_state_read(&s, &tomorrow, false);
	ck_assert_uint_eq(shown(METRIC_STREAM_LAG), 0);
}
END_TEST

START_TEST(an_empty_stream_has_no_age)
{
	const struct redis_stream_info info = { .last = added_before(5000) };

	redis_stream_state_read(&s, &info.last, true);
	redis_stream_state_show(&s, &info);
	ck_assert_uint_eq(shown(METRIC_STREAM_OLDEST), 0);
	ck_assert_uint_eq(shown(METRIC_STREAM_LENGTH), 0);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_stream_state",
    behind_by_the_age_of_what_was_read_last,
    a_new_entry_behind_an_old_one_is_no_lag, an_entry_of_tomorrow_has_no_age,
    an_empty_stream_has_no_age)
