/*
 * embedded_strangers: all have the same time, so the list is in the order in
 * which it ends, and one timer is enough.
 */
#include "backend/embedded_strangers.h"

#include <event2/event.h>

#include "base/clock.h"
#include "sys/timer.h"

static struct stranger *oldest(struct strangers *all)
{
	return container_of(all->waiting.next, struct stranger, link);
}

/* For the oldest, if there is one. */
static void arm(struct strangers *all, int64_t now_ms)
{
	if (all->count > 0)
		timer_arm(
		    all->timer, oldest(all)->until_ms - now_ms, "embedded");
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct strangers *all = arg;
	int64_t now_ms = clock_ms();

	(void)fd, (void)what;
	while (
	    !all->is_held && all->count > 0 && oldest(all)->until_ms <= now_ms)
		all->turn_away(oldest(all), STRANGER_LATE);
	if (!all->is_held)
		arm(all, now_ms);
}

void embedded_strangers_init(
    struct strangers *all, struct event_base *base, stranger_away_fn turn_away)
{
	*all = (struct strangers){ .turn_away = turn_away };
	list_init(&all->waiting);
	all->timer = timer_new(base, on_timer, all, "embedded");
}

void embedded_strangers_fini(struct strangers *all)
{
	if (all->timer)
		event_free(all->timer);
	all->timer = NULL;
}

void embedded_strangers_add(struct strangers *all, struct stranger *s)
{
	int64_t now_ms = clock_ms();

	if (s->is_waiting)
		return;
	*s = (struct stranger){ .until_ms = now_ms + EMBEDDED_STRANGER_MS,
		.is_waiting = true };
	list_add(&all->waiting, &s->link);
	all->count++;
	while (all->count > EMBEDDED_STRANGERS_MAX)
		all->turn_away(oldest(all), STRANGER_PUSHED);
	if (!all->is_held && !event_pending(all->timer, EV_TIMEOUT, NULL))
		arm(all, now_ms);
}

void embedded_strangers_del(struct strangers *all, struct stranger *s)
{
	if (!s->is_waiting)
		return;
	list_del(&s->link);
	s->is_waiting = false;
	all->count--;
}

bool embedded_strangers_push(struct strangers *all)
{
	if (all->count == 0)
		return false;
	all->turn_away(oldest(all), STRANGER_PUSHED);
	return true;
}

void embedded_strangers_set_held(struct strangers *all, bool is_held)
{
	int64_t now_ms = clock_ms();

	all->is_held = is_held;
	if (is_held)
		return;
	list_foreach (link, &all->waiting) {
		container_of(link, struct stranger, link)->until_ms =
		    now_ms + EMBEDDED_STRANGER_MS;
	}
	arm(all, now_ms);
}
