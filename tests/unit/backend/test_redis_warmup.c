/* redis_warmup: how long others are better. */
#include "backend/redis_warmup.h"
#include "unit.h"

enum { WARMUP = 10000, BEAT = 1000 };

static struct redis_warmup w;

static void set_up(void)
{
	redis_warmup_init(&w, WARMUP, BEAT);
}

static void tear_down(void)
{
}

START_TEST(before_it_hears_it_is_not_over)
{
	ck_assert(!redis_warmup_is_over(&w, 1000000));
	redis_warmup_hear(&w, 1000000);
	ck_assert(!redis_warmup_is_over(&w, 2000000));
}
END_TEST

START_TEST(who_is_alone_is_done_after_a_heartbeat)
{
	redis_warmup_begin(&w, 500);
	ck_assert(!redis_warmup_is_over(&w, 500 + BEAT));
	ck_assert(redis_warmup_is_over(&w, 500 + BEAT + BEAT / 10));
	redis_warmup_hear(&w, 9000); /* too late */
	ck_assert(redis_warmup_is_over(&w, 9000));
}
END_TEST

START_TEST(while_there_are_others_it_takes_all_of_it)
{
	redis_warmup_begin(&w, 500);
	for (int64_t t = 700; t < 500 + WARMUP; t += BEAT) {
		redis_warmup_hear(&w, t);
		ck_assert(!redis_warmup_is_over(&w, t));
	}
	ck_assert(redis_warmup_is_over(&w, 500 + WARMUP));
}
END_TEST

START_TEST(a_silence_counts_though_nobody_asked)
{
	redis_warmup_begin(&w, 500);
	redis_warmup_hear(&w, 600);
	redis_warmup_hear(&w, 600 + 2 * BEAT);
	ck_assert(redis_warmup_is_over(&w, 600 + 2 * BEAT));
}
END_TEST

START_TEST(a_second_beginning_changes_nothing)
{
	redis_warmup_begin(&w, 500);
	redis_warmup_hear(&w, WARMUP);
	redis_warmup_begin(&w, WARMUP);
	ck_assert(redis_warmup_is_over(&w, 500 + WARMUP));
}
END_TEST

START_TEST(none_is_wanted)
{
	redis_warmup_init(&w, 0, BEAT);
	ck_assert(!redis_warmup_is_over(&w, 500));
	redis_warmup_begin(&w, 500);
	ck_assert(redis_warmup_is_over(&w, 500));
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_warmup",
    before_it_hears_it_is_not_over, who_is_alone_is_done_after_a_heartbeat,
    while_there_are_others_it_takes_all_of_it,
    a_silence_counts_though_nobody_asked, a_second_beginning_changes_nothing,
    none_is_wanted)
