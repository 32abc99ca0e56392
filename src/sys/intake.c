#include "sys/intake.h"

#include <event2/event.h>

#include "base/clock.h"
#include "sys/timer.h"

static void arm(struct intake *i, int64_t delay_ms)
{
	timer_arm(i->timer, delay_ms, i->ops->component);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	intake_resume(arg);
}

void intake_init(struct intake *i, struct event_base *base,
    const struct intake_ops *ops, void *arg)
{
	*i = (struct intake){ .ops = ops, .arg = arg };
	i->timer = timer_new(base, on_timer, i, ops->component);
}

void intake_fini(struct intake *i)
{
	if (i->timer)
		event_free(i->timer);
	i->timer = NULL;
}

void intake_pause(struct intake *i)
{
	if (i->is_paused)
		return;
	i->is_paused = true;
	i->ops->shut(i->arg);
	arm(i, INTAKE_PAUSE_MS);
}

void intake_resume(struct intake *i)
{
	i->is_paused = false;
	(void)event_del(i->timer);
	if (!i->ops->open(i->arg))
		intake_pause(i);
	else if (spell_ends(&i->starved, clock_ms()))
		i->ops->say_again(i->arg);
	else if (i->starved.is_on)
		arm(i, SPELL_CALM_MS);
}

bool intake_starve(struct intake *i)
{
	if (!i->is_paused)
		arm(i, SPELL_CALM_MS);
	return spell_hit(&i->starved, clock_ms());
}
