#include <event2/event.h>

#include "../unit.h"
#include "sys/timer.h"

static void count(int fd, short what, void *arg)
{
	int *calls = arg;

	(void)fd, (void)what;
	(*calls)++;
}

START_TEST(one_fires_once_each_time_it_is_armed)
{
	struct event_base *base = event_base_new();
	int calls = 0;
	struct event *timer = timer_new(base, count, &calls, "test");

	(void)event_base_dispatch(base);
	ck_assert_int_eq(calls, 0);
	timer_arm(timer, 0, "test");
	timer_arm(timer, 1, "test");
	(void)event_base_dispatch(base);
	ck_assert_int_eq(calls, 1);
	timer_arm(timer, -1, "test");
	(void)event_base_dispatch(base);
	ck_assert_int_eq(calls, 2);
	event_free(timer);
	event_base_free(base);
}
END_TEST

UNIT_MAIN("sys/timer", one_fires_once_each_time_it_is_armed)
