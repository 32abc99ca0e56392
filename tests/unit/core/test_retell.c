/* The app is told of all once more, under each further name. */
#include "core/retell.h"
#include "tellrig.h"
#include "unit.h"

enum {
	CLIENTS = 600, /* of which a page is not half */
	TICK_MS = 1000,
};

static void set_up_crowd(void)
{
	set_up();
	for (int i = 0; i < CLIENTS; i++)
		come();
}

static uint64_t told(void)
{
	return fake_metric(&f, METRIC_EVENTS_CONNECTED);
}

static void tick(void)
{
	f.worker->now_ms += TICK_MS;
	retell_tick(f.worker);
}

static void tick_to_the_end(void)
{
	while (f.worker->retells)
		tick();
}

START_TEST(each_is_told_of_once_under_a_further_name)
{
	for (uint32_t name = 1; name <= 9; name++) {
		retell_begin(f.worker, name);
		tick_to_the_end();
		ck_assert_uint_eq(told(), CLIENTS * (1 + name));
	}
}
END_TEST

/* However many names there were of which not all could be told. */
START_TEST(all_are_told_of_under_the_last_of_many_names)
{
	uint32_t name = 0;

	for (uint32_t hurried = 1; hurried <= 9; hurried++) {
		uint64_t before;

		for (uint32_t i = 0; i < hurried; i++) {
			retell_begin(f.worker, ++name);
			tick();
			ck_assert(f.worker->retells);
		}
		before = told();
		retell_begin(f.worker, ++name);
		tick_to_the_end();
		ck_assert_uint_eq(told() - before, CLIENTS);
	}
}
END_TEST

UNIT_MAIN_WITH(set_up_crowd, tear_down, "core/retell",
    each_is_told_of_once_under_a_further_name,
    all_are_told_of_under_the_last_of_many_names)
