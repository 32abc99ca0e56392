/*
 * hub_events: what the app is told of connections and rooms, on its way through
 * the hub (core/app_event).
 */
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "conf/conf.h"
#include "core/app_event.h"
#include "core/hub.h"
#include "core/hub_state.h"
#include "core/mail.h"
#include "core/worker.h"

enum { FLUSH_MS = 3000 };

/* --- what the instance is called --- */

void hub_name_instance(struct hub *h)
{
	app_event_name_instance(
	    h->shared->app_instance, h->renames, h->instance_name);
}

/* Each connection is told of under the new name behind all under the old. */
void hub_rename_instance(void *hub)
{
	struct hub *h = hub;
	char was[sizeof h->instance_name];

	memcpy(was, h->instance_name, sizeof was);
	h->renames++;
	hub_name_instance(h);
	log_warn(LOG_HUB,
	    "the app may have been told that this instance is gone: it is told "
	    "of as another one",
	    kv_str("was", was), kv_str("is", h->instance_name));
	outbox_post_all(&h->outbox, MAIL_RENAMED, h->renames);
}

/* --- what happens --- */

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
	hub_vacate_seats(h);
	while (ops->has_events(h->watches.backend) && clock_ms() < until_ms)
		if (event_base_loop(h->base, EVLOOP_ONCE) != 0)
			return;
}
