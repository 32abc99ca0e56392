/* redis_looks: see the header. */
#include "backend/redis_looks.h"

#include <event2/event.h>

#include "sys/timer.h"

enum {
	SOON_MS = 100,      /* to the first one */
	TROUBLED_MS = 1000, /* between two, while something is missing */
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct redis_looks *l = arg;
	int64_t pause_ms = l->heartbeat_ms;

	(void)fd, (void)what;
	if (!l->is_whole && pause_ms > TROUBLED_MS)
		pause_ms = TROUBLED_MS;
	l->is_soon = false;
	timer_arm(l->timer, pause_ms, "redis");
	l->fn(l->arg);
}

void redis_looks_begin(struct redis_looks *l, struct event_base *base,
    int64_t heartbeat_ms, redis_looks_fn fn, void *arg)
{
	*l = (struct redis_looks){
		.fn = fn,
		.arg = arg,
		.timer = timer_new(base, on_timer, l, "redis"),
		.heartbeat_ms = heartbeat_ms,
		.soon_ms = SOON_MS,
		.is_whole = true,
	};
	timer_arm(l->timer, 0, "redis");
}

void redis_looks_end(struct redis_looks *l)
{
	event_free(l->timer);
}

void redis_looks_soon(struct redis_looks *l)
{
	if (l->is_soon)
		return;
	l->is_soon = true;
	timer_arm(l->timer, l->soon_ms, "redis");
	l->soon_ms =
	    l->soon_ms < TROUBLED_MS / 2 ? 2 * l->soon_ms : TROUBLED_MS;
}

void redis_looks_set_whole(struct redis_looks *l, bool is_whole)
{
	l->is_whole = is_whole;
	if (is_whole)
		l->soon_ms = SOON_MS;
}
