#include "base/wheel.h"

static struct list *slot_of(struct wheel *w, int64_t tick)
{
	return &w->slots[(uint64_t)tick % WHEEL_SLOTS];
}

void wheel_init(struct wheel *w, int64_t now_ms)
{
	for (int i = 0; i < WHEEL_SLOTS; i++)
		list_init(&w->slots[i]);
	w->tick = now_ms / WHEEL_TICK_MS;
}

void wheel_timer_init(struct wheel_timer *timer)
{
	list_init(&timer->node);
	timer->due_ms = 0;
}

void wheel_arm(struct wheel *w, struct wheel_timer *timer, int64_t due_ms)
{
	int64_t tick = due_ms / WHEEL_TICK_MS + 1; /* late, never early */

	if (tick < w->tick)
		tick = w->tick;
	list_del(&timer->node);
	timer->due_ms = due_ms;
	list_add(slot_of(w, tick), &timer->node);
}

void wheel_disarm(struct wheel_timer *timer)
{
	list_del(&timer->node);
}

void wheel_turn(struct wheel *w, int64_t now_ms, wheel_fire_fn fire, void *arg)
{
	int64_t last = now_ms / WHEEL_TICK_MS;
	struct list due;

	/* After a long stop (SIGSTOP, suspend) one whole turn is enough. */
	if (last - w->tick >= WHEEL_SLOTS)
		w->tick = last - WHEEL_SLOTS + 1;
	while (w->tick <= last) {
		list_take(&due, slot_of(w, w->tick));
		w->tick++;
		while (!list_is_empty(&due)) {
			struct wheel_timer *timer =
			    container_of(due.next, struct wheel_timer, node);

			list_del(&timer->node);
			if (timer->due_ms <= now_ms)
				fire(timer, arg);
			else
				wheel_arm(w, timer, timer->due_ms);
		}
	}
}

int wheel_rest_ticks(const struct wheel *w, int max)
{
	int ticks = 1;

	/* Slot w->tick is due at the end of one more tick, and so on. */
	while (ticks < max &&
	       list_is_empty(
		   &w->slots[(uint64_t)(w->tick + ticks - 1) % WHEEL_SLOTS]))
		ticks++;
	return ticks;
}
