/* redis_outage: how long to wait, and when that begins anew. */
#include "backend/redis_outage.h"
#include "unit.h"

enum { MIN_MS = 100, MAX_MS = 1000 };

static struct redis_outage o;

static void set_up(void)
{
	redis_outage_init(&o,
	    (struct redis_outage_words){ "connection lost", "cannot connect" },
	    MIN_MS, MAX_MS);
}

static int64_t lose(bool was_up, const char *reason)
{
	const struct redis_failure why = redis_failure_make(reason);

	return redis_outage_fail(&o, was_up, "host:1", &why);
}

static void check_about(int64_t delay_ms, int64_t full_ms)
{
	ck_assert_int_ge(delay_ms, full_ms / 2);
	ck_assert_int_le(delay_ms, full_ms);
}

START_TEST(test_the_delay_doubles_up_to_its_bound)
{
	for (int64_t full = MIN_MS; full < MAX_MS; full *= 2)
		check_about(lose(false, "refused"), full);
	for (int i = 0; i < 50; i++)
		check_about(lose(false, "refused"), MAX_MS);
}
END_TEST

START_TEST(test_only_a_connection_that_lasted_begins_anew)
{
	for (int i = 0; i < 10; i++)
		(void)lose(false, "refused");
	ck_assert_int_ge(redis_outage_end(&o), 0);
	check_about(lose(true, "closed"), MAX_MS);
	(void)redis_outage_end(&o);
	o.up_ms -= 1000;
	check_about(lose(true, "closed"), MIN_MS);
}
END_TEST

START_TEST(test_an_outage_lasts_from_the_loss_to_the_end)
{
	(void)redis_outage_end(&o);
	(void)lose(true, "closed");
	ck_assert(o.is_reported);
	o.since_ms -= 500;
	(void)lose(false, "refused"); /* the same outage */
	ck_assert_int_ge(redis_outage_end(&o), 500);
	ck_assert(!o.is_reported);
}
END_TEST

UNIT_MAIN_WITH(set_up, NULL, "backend/redis_outage",
    test_the_delay_doubles_up_to_its_bound,
    test_only_a_connection_that_lasted_begins_anew,
    test_an_outage_lasts_from_the_loss_to_the_end)
