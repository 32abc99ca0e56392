#include "sys/timer.h"

#include <event2/event.h>

#include "base/fatal.h"

struct event *timer_new(
    struct event_base *base, timer_fn fn, void *arg, const char *component)
{
	struct event *timer = evtimer_new(base, fn, arg);

	if (!timer)
		fatal(component, "cannot make a timer: out of memory");
	return timer;
}

void timer_arm(struct event *timer, int64_t delay_ms, const char *component)
{
	int64_t ms = delay_ms > 0 ? delay_ms : 0;
	const struct timeval delay = { ms / 1000, ms % 1000 * 1000 };

	if (event_add(timer, &delay) < 0)
		fatal(component, "cannot arm a timer: out of memory");
}

void timer_fire(struct event *timer)
{
	event_active(timer, EV_TIMEOUT, 0);
}
