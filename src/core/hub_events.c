/*
 * hub_events: what the app is told of connections and rooms, on its way through
 * the hub (core/app_event).
 */
#include <event2/event.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "conf/conf.h"
#include "core/app_event.h"
#include "core/hub.h"
#include "core/hub_state.h"

enum { FLUSH_MS = 3000 };

/* From here on it counts for the backend, and not for the mailbox. */
void hub_post_event(struct hub *h, struct app_event *e)
{
	mailbox_done(h->mailbox, e->bytes);
	h->watches.ops->post_event(h->watches.backend, e);
}

/* The loop runs on for that long, with all that is in it. */
void hub_flush_events(struct hub *h)
{
	int64_t until_ms = clock_ms() + FLUSH_MS;
	const struct backend_ops *ops = h->watches.ops;

	if (!h->conf->events.is_on)
		return;
	hub_take_mail(h);
	while (ops->has_events(h->watches.backend) && clock_ms() < until_ms)
		if (event_base_loop(h->base, EVLOOP_ONCE) != 0)
			return;
}
