/* reached: a limit is told once, until it was left for a minute. */
#include "base/reached.h"
#include "unit.h"

START_TEST(it_is_news_once_while_it_is_met_again)
{
	struct reached r = { 0 };
	int64_t now_ms = 5;

	ck_assert(reached_is_news(&r, now_ms));
	for (int i = 0; i < 100; i++) {
		now_ms += REACHED_CALM_MS - 1;
		ck_assert(!reached_is_news(&r, now_ms));
	}
}
END_TEST

START_TEST(it_is_news_again_after_a_minute_without)
{
	struct reached r = { 0 };

	ck_assert(reached_is_news(&r, 5));
	ck_assert(reached_is_news(&r, 5 + REACHED_CALM_MS));
	ck_assert(!reached_is_news(&r, 6 + REACHED_CALM_MS));
}
END_TEST

UNIT_MAIN("base/reached", it_is_news_once_while_it_is_met_again,
    it_is_news_again_after_a_minute_without)
